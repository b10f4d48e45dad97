"""Every answer fits the schemas that the hosted service publishes.

`published_shapes.json` holds their facts (fields, types, what is required), none of their prose.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from tests.support.documents import indexed
from tests.support.memories import settled
from tests.support.server import Server
from tests.support.steps import WEATHER, say, submit

PUBLISHED: dict[str, Any] = json.loads(
    Path(__file__).with_name("published_shapes.json").read_text("utf-8")
)


def operation_of(request: httpx.Request) -> str | None:
    path = request.url.path.removeprefix("/api")
    for operation in PUBLISHED["operations"]:
        method, _, template = operation.partition(" ")
        pattern = re.sub(r"\{\w+\}", "[^/]+", template)
        if method == request.method and re.fullmatch(pattern, path):
            matching: str = operation
            return matching
    return None


@pytest.fixture
def checked(server: Server) -> Iterator[tuple[httpx.Client, set[str]]]:
    """A client whose answers are checked, and the operations that it has used."""
    used: set[str] = set()

    def check(response: httpx.Response) -> None:
        operation = operation_of(response.request)
        if operation is not None and response.is_success:
            response.read()
            published = PUBLISHED["operations"][operation]
            assert response.status_code == published["status"]
            schema = {**published["body"], "components": PUBLISHED["components"]}
            Draft202012Validator(schema, format_checker=FormatChecker()).validate(response.json())
            used.add(operation)

    with server.client() as client:
        client.event_hooks = {"response": [check]}
        yield client, used


@pytest.mark.requirement("backboard.shapes")
def test_answers_have_the_published_shapes(checked: tuple[httpx.Client, set[str]]) -> None:
    client, used = checked
    assistant = client.post("/assistants", json={"name": "A", "tools": [WEATHER]}).json()
    url = f"/assistants/{assistant['assistant_id']}"
    client.get("/assistants")
    client.get(url)
    client.put(url, json={"system_prompt": "Be kind"})
    thread = client.post(f"{url}/threads", json={}).json()
    paused = say(client, thread["thread_id"], "What's the weather in Oslo?")
    submit(client, paused, "snow")
    client.post(
        f"/threads/{thread['thread_id']}/messages",
        data={"content": "And this?", "metadata": '{"a": 1}'},
        files=[("files", ("a.txt", b"Some text."))],
    )
    client.get(f"/threads/{thread['thread_id']}")
    client.get("/threads")
    client.get(f"{url}/threads")
    client.delete(f"/threads/{thread['thread_id']}")
    client.delete(url)
    assert used == {
        operation
        for operation in PUBLISHED["operations"]
        if not re.search(r"documents|memories|models", operation)
    }


@pytest.mark.requirement("backboard.shapes")
def test_documents_and_memories_have_the_published_shapes(
    checked: tuple[httpx.Client, set[str]],
) -> None:
    client, used = checked
    assistant = client.post("/assistants", json={"name": "A"}).json()
    url = f"/assistants/{assistant['assistant_id']}"
    thread = client.post(f"{url}/threads", json={}).json()
    for place in (url, f"/threads/{thread['thread_id']}"):
        document = indexed(client, place, "a.txt", b"Some text.")
        client.get(f"{place}/documents")
        client.delete(f"/documents/{document['document_id']}")
    memory = client.post(f"{url}/memories", json={"content": "x", "metadata": {"n": 1}}).json()
    client.get(f"{url}/memories/{memory['id']}")
    client.put(f"{url}/memories/{memory['id']}", json={"content": "y"})
    client.get(f"{url}/memories", params={"page": 1})
    client.get(f"{url}/memories/stats")
    answer = say(client, thread["thread_id"], "My name is Sarah.", memory="Auto")
    settled(client, answer["memory_operation_id"])
    client.delete(f"{url}/memories/{memory['id']}")
    wanted = {one for one in PUBLISHED["operations"] if re.search(r"documents|memories", one)}
    assert wanted <= used


@pytest.mark.requirement("backboard.shapes")
def test_the_model_library_has_the_published_shapes(
    checked: tuple[httpx.Client, set[str]],
) -> None:
    client, used = checked
    for path in (
        "/models?limit=500",
        "/models/providers",
        "/models/provider/openai",
        "/models/gpt-4o",
        "/models/embedding/all?limit=500",
        "/models/embedding/providers",
        "/models/embedding/text-embedding-3-large",
    ):
        assert client.get(path).is_success
    assert used == {operation for operation in PUBLISHED["operations"] if "models" in operation}
