"""A clone has what its original has read and remembers, and goes its own way from there."""

from typing import Any

import httpx
import pytest

from tests.support.documents import indexed, upload
from tests.support.memories import contents, thread_of
from tests.support.postgres import query
from tests.support.server import Server
from tests.support.steps import WEATHER, say

LIGHTHOUSE = b"The lighthouse of Skarvoy was painted cobalt blue in 1927."


@pytest.fixture
def original(client: httpx.Client) -> str:
    """An assistant with tools, a file, two memories and a thread with a file of its own."""
    made = client.post(
        "/assistants",
        json={
            "name": "Keeper",
            "system_prompt": "You keep a lighthouse.",
            "tools": [WEATHER],
            "tok_k": 7,
            "custom_fact_extraction_prompt": "Only lights.",
        },
    ).json()
    path = f"/assistants/{made['assistant_id']}"
    indexed(client, path, "lighthouse.txt", LIGHTHOUSE)
    upload(client, path, "broken.pdf", b"no pdf at all")
    for content, labels in (
        ("The lamp is turned by hand.", {"n": 1}),
        ("Oil comes on Mondays.", None),
    ):
        client.post(f"{path}/memories", json={"content": content, "metadata": labels})
    thread_id = thread_of(client, path)
    indexed(
        client, f"/threads/{thread_id}", "private.txt", b"Only this thread knows of the cellar."
    )
    return path


def clone(client: httpx.Client, original: str, **wanted: Any) -> dict[str, Any]:
    answer = client.post(f"{original}/clone", json=wanted)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def path_of(cloned: dict[str, Any]) -> str:
    return f"/assistants/{cloned['assistant']['assistant_id']}"


@pytest.mark.requirement("backboard.clone")
def test_a_clone_is_configured_knows_and_remembers_the_same(
    client: httpx.Client, original: str
) -> None:
    before = client.get(original).json()
    cloned = clone(client, original)
    assert (cloned["documents_cloned"], cloned["memories_cloned"]) == (1, 2)
    own = ("assistant_id", "id", "name", "created_at", "updated_at")
    same = {key: value for key, value in before.items() if key not in own}
    assert {key: cloned["assistant"][key] for key in same} == same
    assert cloned["assistant"]["name"] == "Keeper Copy"

    path = path_of(cloned)
    (document,) = client.get(f"{path}/documents").json()
    assert (document["filename"], document["status"]) == ("lighthouse.txt", "indexed")
    assert contents(client, path) == contents(client, original)
    memories = client.get(f"{path}/memories").json()["memories"]
    assert [one["metadata"] for one in memories] == [{"n": 1}, None]
    results = client.post(f"{path}/memories/search", json={"query": "Who turns the light?"}).json()
    assert results["memories"][0]["content"] == "The lamp is turned by hand."
    answer = say(client, thread_of(client, path), "What colour is the lighthouse of Skarvoy?")
    assert answer["retrieved_files"] == ["lighthouse.txt"]
    assert "cobalt blue" in answer["content"]
    assert say(client, thread_of(client, path), "Where is the cellar?")["retrieved_files"] != [
        "private.txt"
    ]


@pytest.mark.requirement("backboard.clone")
def test_original_and_clone_go_their_own_ways(client: httpx.Client, original: str) -> None:
    path = path_of(clone(client, original))
    (document,) = client.get(f"{path}/documents").json()
    client.delete(original)
    assert client.get(f"/documents/{document['document_id']}/status").json()["status"] == "indexed"
    answer = say(client, thread_of(client, path), "What colour is the lighthouse of Skarvoy?")
    assert "cobalt blue" in answer["content"]
    assert len(contents(client, path)) == 2
    assert client.delete(f"/documents/{document['document_id']}").status_code == 200
    assert client.get(f"{path}/documents").json() == []


def test_vectors_are_copied_as_they_are(
    client: httpx.Client, original: str, database_url: str
) -> None:
    path = path_of(clone(client, original))
    vectors = """
        SELECT text, embedded_by, embedding::text FROM chunks
        WHERE assistant_id = CAST(:owner AS uuid) AND thread_id IS NULL
        ORDER BY document_id, position
    """
    copied, there = (
        query(database_url, vectors, owner=one.removeprefix("/assistants/"))
        for one in (path, original)
    )
    assert copied == there != []


def test_only_what_is_wanted_is_copied(client: httpx.Client, original: str) -> None:
    bare = clone(
        client,
        original,
        copy_documents=False,
        copy_memories=False,
        name="Bare",
        system_prompt="",
    )
    assert (bare["documents_cloned"], bare["memories_cloned"]) == (0, 0)
    assert (bare["assistant"]["name"], bare["assistant"]["system_prompt"]) == ("Bare", "")
    assert client.get(f"{path_of(bare)}/documents").json() == contents(client, path_of(bare)) == []


def test_a_clone_needs_no_body_and_its_name_stays_within_bounds(client: httpx.Client) -> None:
    made = client.post("/assistants", json={"name": "n" * 255}).json()
    answer = client.post(f"/assistants/{made['assistant_id']}/clone")
    assert answer.json()["assistant"]["name"] == "n" * 250 + " Copy"


def test_what_is_not_there_or_not_ours_cannot_be_cloned(
    server: Server, client: httpx.Client, original: str
) -> None:
    with server.client() as neighbour:
        answer = neighbour.post(f"{original}/clone", json={})
        assert (answer.status_code, answer.json()) == (404, {"detail": "Assistant not found"})
        assert neighbour.get("/assistants").json() == []
    assert client.post(f"{original}/clone", json={"copy_documents": "perhaps"}).status_code == 422
