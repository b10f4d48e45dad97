"""Memories at the Backboard API: kept verbatim, found, learnt from conversations, undone."""

import concurrent.futures
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.conftest import StartServer
from tests.support.memories import contents, settled, thread_of
from tests.support.postgres import new_database
from tests.support.server import Server
from tests.support.steps import new_thread, say, script
from tests.support.stream import stream, types_of

Memory = dict[str, Any]
INTRODUCTION = "My name is Sarah and I work as a software engineer at Google."


@pytest.fixture
def assistant(client: httpx.Client) -> str:
    made = client.post("/assistants", json={"name": "Memory"}).json()
    return f"/assistants/{made['assistant_id']}"


def add(client: httpx.Client, assistant: str, content: str, **metadata: Any) -> Memory:
    body = {"content": content, "metadata": metadata or None}
    response = client.post(f"{assistant}/memories", json=body)
    assert response.status_code == 201, response.text
    added: Memory = response.json()
    return added


def learn(client: httpx.Client, assistant: str, content: str, **fields: Any) -> dict[str, Any]:
    """Say something on a new thread with memory, and wait until it is learnt."""
    answer = say(client, thread_of(client, assistant), content, **{"memory": "Auto", **fields})
    return settled(client, answer["memory_operation_id"])


@pytest.mark.requirement("memories.verbatim")
def test_a_memory_is_kept_verbatim_and_readable_at_once(
    client: httpx.Client, assistant: str
) -> None:
    text = '{"a": 1} {{b}} \u2028 \U0001f600 é\n' + "x" * 65_536
    metadata = {"z": 1, "chunk_index": 7, "f": 1.5, "n": None, "l": [True]}
    added = add(client, assistant, text, **metadata)
    assert (added["success"], added["memory_id"]) == (True, added["id"])
    assert (added["content"], added["metadata"]) == (text, metadata)
    memory = client.get(f"{assistant}/memories/{added['id']}").json()
    assert (memory["content"], memory["memory"]) == (text, text)
    assert list(memory["metadata"].items()) == list(metadata.items())
    assert memory["source"] is None


def test_a_memory_is_updated_and_deleted(client: httpx.Client, assistant: str) -> None:
    memory = add(client, assistant, "old words", kind="note")
    url = f"{assistant}/memories/{memory['id']}"
    changed = client.put(url, json={"content": "fresh words"}).json()
    assert (changed["id"], changed["content"]) == (memory["id"], "fresh words")
    assert changed["metadata"] == {"kind": "note"}
    assert changed["updated_at"] > memory["updated_at"]
    replaced = client.put(url, json={"content": "x", "metadata": {"b": 2}}).json()
    assert replaced["metadata"] == {"b": 2}
    assert client.delete(url).json()["success"] is True
    assert client.delete(url).status_code == 404
    assert client.get(url).status_code == 404
    assert client.get(f"{assistant}/memories/not-one").json() == {"detail": "Memory not found"}


def test_everything_is_listed_unless_a_page_is_asked_for(
    client: httpx.Client, assistant: str
) -> None:
    for number in range(250):
        add(client, assistant, f'{{"record": {number}}}', chunk_index=number)
    url = f"{assistant}/memories"
    everything = client.get(url).json()
    assert [one["metadata"]["chunk_index"] for one in everything["memories"]] == list(range(250))
    assert (everything["total_count"], everything["page"]) == (250, None)
    page = client.get(url, params={"page": 3, "page_size": 100}).json()
    assert [one["metadata"]["chunk_index"] for one in page["memories"]] == list(range(200, 250))
    assert (page["page"], page["page_size"], page["total_pages"], page["total_count"]) == (
        3,
        100,
        3,
        250,
    )
    assert len(client.get(url, params={"page": 1}).json()["memories"]) == 25
    assert client.get(url, params={"page_size": 10}).json()["page"] == 1
    rest = client.get(url, params={"skip": 240, "limit": 100}).json()
    assert len(rest["memories"]) == 10
    for wrong in ({"page": 0}, {"page_size": 101}, {"skip": -1}):
        assert client.get(url, params=wrong).status_code == 422
    stats = client.get(f"{url}/stats").json()
    assert (stats["total_memories"], stats["total_count"]) == (250, 250)
    assert client.delete(url).json()["success"] is True
    assert client.get(url).json()["total_count"] == 0
    assert client.get(f"{url}/stats").json()["last_updated"] is None


def test_search_ranks_by_meaning_and_leaves_out_what_does_not_fit(
    client: httpx.Client, assistant: str
) -> None:
    add(client, assistant, "User is allergic to peanuts")
    add(client, assistant, "User drives an old Volvo", kind="car")
    add(client, assistant, "User's employee number is QX-4471")

    def search(query: str, **fields: int) -> list[Memory]:
        answer = client.post(f"{assistant}/memories/search", json={"query": query, **fields})
        assert answer.status_code == 200, answer.text
        memories: list[Memory] = answer.json()["memories"]
        return memories

    assert search("What food must be avoided?")[0]["content"] == "User is allergic to peanuts"
    car = search("Which vehicle does the user have?", limit=1)
    assert [(one["content"], one["metadata"]) for one in car] == [
        ("User drives an old Volvo", {"kind": "car"})
    ]
    assert isinstance(car[0]["score"], float)
    assert search("QX-4471")[0]["content"] == "User's employee number is QX-4471"
    assert search("The theory of relativity and black holes") == []
    for wrong in ({"query": "x", "limit": 0}, {"query": "x", "limit": 51}, {"limit": 5}):
        assert client.post(f"{assistant}/memories/search", json=wrong).status_code == 422


@pytest.mark.requirement("memories.across-threads")
def test_what_is_told_in_one_thread_is_known_at_once_in_another(
    client: httpx.Client, assistant: str
) -> None:
    first = say(client, thread_of(client, assistant), INTRODUCTION, memory="Auto")
    assert first["memory_operation_id"]
    assert first["retrieved_memories"] == []
    second = say(
        client, thread_of(client, assistant), "What do you remember about me?", memory="Auto"
    )
    for word in ("Sarah", "Google", "software engineer"):
        assert word in second["content"]
    assert {one["memory"] for one in second["retrieved_memories"]} == set(
        contents(client, assistant)
    )
    done = settled(client, first["memory_operation_id"])
    assert (done["status"], done["result_count"]) == ("COMPLETED", 2)
    assert {one["event"] for one in done["memory_ids"]} == {"ADD"}


def test_the_same_in_streams(client: httpx.Client, assistant: str) -> None:
    url = f"/threads/{thread_of(client, assistant)}/messages"
    introduced = stream(
        client, url, data={"content": INTRODUCTION, "memory": "Auto", "stream": "true"}
    )
    assert types_of(introduced)[2:5] == ["run_started", "memory_retrieved", "message_start"]
    assert introduced[-1]["memory_operation_id"]
    url = f"/threads/{thread_of(client, assistant)}/messages"
    question = {"content": "What do you remember about me?", "memory": "Auto", "stream": "true"}
    events = stream(client, url, data=question)
    retrieved = next(one for one in events if one["type"] == "memory_retrieved")["memories"]
    assert any("Sarah" in one["memory"] for one in retrieved)
    assert events[-1]["retrieved_memories"] == retrieved
    assert "Sarah" in events[-1]["content"]


@pytest.mark.parametrize(
    ("mode", "searches", "writes"),
    [
        ({}, False, False),
        ({"memory": "off"}, False, False),
        ({"memory": "Off"}, False, False),
        ({"memory": ""}, False, False),
        ({"memory": "sometimes"}, False, False),
        ({"memory": "Readonly"}, True, False),
        ({"memory": "READONLY"}, True, False),
        ({"memory": "auto"}, True, True),
        ({"memory": "On"}, True, True),
        ({"memory_pro": "Auto"}, True, True),
        ({"memory_pro": "readonly", "memory": "off"}, True, False),
    ],
)
@pytest.mark.requirement("memories.across-threads")
def test_each_mode_searches_and_writes_as_it_says(
    client: httpx.Client, assistant: str, mode: dict[str, str], searches: bool, writes: bool
) -> None:
    add(client, assistant, "User has a dog named Rex")
    answer = say(client, thread_of(client, assistant), "My dog Rex likes snow.", **mode)
    assert (answer["retrieved_memories"] is not None) == searches
    assert (answer["memory_operation_id"] is not None) == writes


@pytest.mark.requirement("memories.changed")
def test_a_fact_that_changed_replaces_the_former_and_can_be_restored(
    client: httpx.Client, assistant: str
) -> None:
    learn(client, assistant, "I use FastAPI for my backend.")
    (memory,) = client.get(f"{assistant}/memories").json()["memories"]
    done = learn(client, assistant, "I switched to Django.")
    assert [one["event"] for one in done["memory_ids"]] == ["UPDATE"]
    (changed,) = client.get(f"{assistant}/memories").json()["memories"]
    assert changed["id"] == memory["id"]
    assert "Django" in changed["content"]
    assert "FastAPI" not in changed["content"]
    source = changed["source"]
    assert source["quote"] in "I switched to Django."
    assert source["model"] == "openai/gpt-4o"
    assert source["message_id"]
    history = client.get(f"{assistant}/memories/{memory['id']}/history").json()["changes"]
    assert [(one["event"], one["former_content"]) for one in history] == [
        ("ADD", None),
        ("UPDATE", memory["content"]),
    ]
    undo = f"/assistants/memories/operations/{done['operation_id']}/undo"
    assert client.post(undo).json()["success"] is True
    assert contents(client, assistant) == [memory["content"]]
    assert client.post(undo).status_code == 409


def test_repeats_questions_and_echoes_teach_nothing(client: httpx.Client, assistant: str) -> None:
    learn(client, assistant, "I am allergic to peanuts.")
    known = contents(client, assistant)
    assert len(known) == 1
    repeated = learn(client, assistant, "I am allergic to peanuts.")
    assert [one["event"] for one in repeated["memory_ids"]] in (["NONE"], [])
    assert "id" not in str([one.keys() for one in repeated["memory_ids"]])
    question = learn(client, assistant, "What is the capital of France?")
    assert (question["memory_ids"], question["result_count"]) == ([], 0)
    echo = script(reply="You are allergic to peanuts, you said. I am Pegboard. My name is Bot.")
    learn(client, assistant, "What am I allergic to?", metadata=echo)
    assert contents(client, assistant) == known


def test_a_message_that_is_only_kept_is_learnt_from_as_of_its_own_time(
    client: httpx.Client, assistant: str
) -> None:
    thread_id = thread_of(client, assistant)
    stamp = {"custom_timestamp": "2024-03-15T10:00:00Z"}
    answer = say(
        client,
        thread_id,
        "I moved to Berlin yesterday.",
        send_to_llm="false",
        memory="Auto",
        metadata=stamp,
    )
    settled(client, answer["memory_operation_id"])
    (memory,) = client.get(f"{assistant}/memories").json()["memories"]
    assert "Berlin" in memory["content"]
    assert "2024-03-14" in memory["content"]
    assert memory["source"]["time"].startswith("2024-03-15T10:00:00")


def test_a_failed_answer_teaches_nothing(client: httpx.Client, assistant: str) -> None:
    response = client.post(
        f"/threads/{thread_of(client, assistant)}/messages",
        json={
            "content": INTRODUCTION,
            "memory": "Auto",
            "metadata": script(error={"status": 500}),
        },
    )
    assert response.status_code == 502
    assert contents(client, assistant) == []
    assert client.get(f"{assistant}/memories/insights").json()["operations"] == []


@pytest.mark.requirement("tenants.search-apart")
def test_memories_never_cross_assistants_or_tenants(
    server: Server, client: httpx.Client, assistant: str
) -> None:
    canary = add(client, assistant, "User's canary word is PLUMAGE")
    neighbour = client.post("/assistants", json={"name": "Other"}).json()["assistant_id"]
    search = {"query": "canary word PLUMAGE"}
    with server.client() as stranger:
        own = stranger.post("/assistants", json={"name": "S"}).json()["assistant_id"]
        for who, other in ((client, neighbour), (stranger, own)):
            path = f"/assistants/{other}"
            answer = say(who, thread_of(who, path), "What is the canary word?", memory="Auto")
            assert "PLUMAGE" not in str(answer)
            assert who.post(f"{path}/memories/search", json=search).json()["memories"] == []
            assert who.get(f"{path}/memories/{canary['id']}").status_code == 404
            assert (
                who.put(f"{path}/memories/{canary['id']}", json={"content": "x"}).status_code == 404
            )
            assert who.delete(f"{path}/memories/{canary['id']}").status_code == 404
        for method, path in (
            ("GET", "memories"),
            ("POST", "memories"),
            ("DELETE", "memories"),
            ("GET", "memories/stats"),
            ("GET", "memories/insights"),
            ("POST", "memories/search"),
        ):
            body = {"content": "x", "query": "x"}
            foreign, missing = (
                stranger.request(method, f"{whose}/{path}", json=body)
                for whose in (assistant, f"/assistants/{uuid4()}")
            )
            assert (foreign.status_code, foreign.content) == (404, missing.content)
    assert contents(client, assistant) == ["User's canary word is PLUMAGE"]


def test_bad_memories_are_refused(client: httpx.Client, assistant: str) -> None:
    url = f"{assistant}/memories"
    for wrong in ({}, {"content": ""}, {"content": 7}, {"content": "x", "metadata": "x"}):
        assert client.post(url, json=wrong).status_code == 422
    assert client.post(url, json={"content": "x" * 300_000}).status_code == 413
    assert client.get(f"/assistants/memories/operations/{uuid4()}").status_code == 404
    both = {"content": "x", "memory": "Auto", "memory_pro": "Auto"}
    thread_id = thread_of(client, assistant)
    assert client.post(f"/threads/{thread_id}/messages", json=both).status_code == 400
    assert contents(client, assistant) == []
    assert new_thread(client) != thread_id


def test_an_operation_outlives_the_server_that_opened_it(
    start: StartServer, postgres_url: str
) -> None:
    url = new_database(postgres_url)
    first = start(PEGBOARD_DATABASE_URL=url, PEGBOARD_JOBS="0")
    with first.client("k") as client:
        made = client.post("/assistants", json={"name": "A"}).json()
        path = f"/assistants/{made['assistant_id']}"
        answer = say(client, thread_of(client, path), INTRODUCTION, memory="Auto")
        operation = f"/assistants/memories/operations/{answer['memory_operation_id']}"
        assert client.get(operation).json()["status"] == "IN_PROGRESS"
    first.kill()
    with start(PEGBOARD_DATABASE_URL=url).client("k") as client:
        assert settled(client, answer["memory_operation_id"])["status"] == "COMPLETED"
        assert any("Sarah" in one for one in contents(client, path))


@pytest.mark.requirement("memories.changed")
def test_an_undo_counts_once_and_leaves_alone_what_came_later(
    client: httpx.Client, assistant: str
) -> None:
    done = learn(client, assistant, "I live in Paris.")
    undo = f"/assistants/memories/operations/{done['operation_id']}/undo"
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(client.post, undo) for _ in range(8)]
        statuses = sorted(answer.result().status_code for answer in answers)
    assert statuses == [200] + [409] * 7
    assert contents(client, assistant) == []
    done = learn(client, assistant, "I live in Oslo.")
    (memory,) = client.get(f"{assistant}/memories").json()["memories"]
    labelled = {"content": memory["content"], "metadata": {"mine": 1}}
    client.put(f"{assistant}/memories/{memory['id']}", json=labelled)
    client.post(f"/assistants/memories/operations/{done['operation_id']}/undo")
    assert contents(client, assistant) == [memory["content"]]


def test_what_was_reset_does_not_come_back_by_an_undo(client: httpx.Client, assistant: str) -> None:
    learn(client, assistant, "I love chess.")
    forgot = learn(client, assistant, "Forget that I love chess.")
    assert [one["event"] for one in forgot["memory_ids"]] == ["DELETE"]
    client.delete(f"{assistant}/memories")
    client.post(f"/assistants/memories/operations/{forgot['operation_id']}/undo")
    assert contents(client, assistant) == []


def test_memories_that_are_documents_do_not_burst_the_prompt(
    client: httpx.Client, assistant: str
) -> None:
    for _ in range(6):
        add(client, assistant, "harbour " * 30_000)
    answer = say(client, thread_of(client, assistant), "What of the harbour?", memory="Readonly")
    assert answer["status"] == "COMPLETED"
    assert len(answer["retrieved_memories"]) == 6


def test_adding_while_the_assistant_is_deleted_is_never_a_fault(client: httpx.Client) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            made = client.post("/assistants", json={"name": "A"}).json()["assistant_id"]
            url = f"/assistants/{made}/memories"
            sent = [pool.submit(client.post, url, json={"content": "x"}) for _ in range(6)]
            gone = pool.submit(client.delete, f"/assistants/{made}")
            assert {answer.result().status_code for answer in sent} <= {201, 404}
            assert gone.result().status_code == 200
