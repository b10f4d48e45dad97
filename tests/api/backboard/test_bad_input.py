"""Input that is wrong: a clear error in the API's dialect, and nothing lost or changed."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.steps import messages_of, new_thread, say

MIB = 1024 * 1024


def nested(depth: int) -> bytes:
    return b'{"name": "a", "x": ' + b"[" * depth + b"]" * depth + b"}"


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "n" * 256}, "name"),
        ({"name": 7}, "name"),
        ({"name": None}, "name"),
        ({"name": "A", "tok_k": 0}, "tok_k"),
        ({"name": "A", "tok_k": 101}, "tok_k"),
        ({"name": "A", "tok_k": "many"}, "tok_k"),
        ({"name": "A", "system_prompt": ["x"]}, "system_prompt"),
        ({"name": "A", "tools": "x"}, "tools"),
        ({"name": "A", "tools": [{"type": "function"}]}, "tools"),
        ({"name": "A", "tools": [{"function": {"name": ""}}]}, "tools"),
        (
            {"name": "A", "tools": [{"function": {"name": "f"}}, {"function": {"name": "f"}}]},
            "tools",
        ),
        ({"name": "A", "embedding_dims": 0}, "embedding_dims"),
    ],
)
@pytest.mark.requirement("backboard.errors")
def test_a_schema_error_names_its_place(
    client: httpx.Client, fields: dict[str, Any], where: str
) -> None:
    response = client.post("/assistants", json=fields)
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"][:2] == ["body", where]
    assert all({"loc", "msg", "type"} == error.keys() for error in response.json()["detail"])
    assert client.get("/assistants").json() == []


def test_the_longest_name_is_taken(client: httpx.Client) -> None:
    assert client.post("/assistants", json={"name": "n" * 255, "tok_k": 100}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"name": "a"',
        b'{"name": "a\\u0000b"}',
        b'{"name": "a\x00b"}',
        b'{"name": "\\ud800"}',
        b'{"name": "\xff"}',
        b'{"name": "a", "x": NaN}',
        b'{"name": "a", "x": Infinity}',
        b'["a"]',
        nested(100_000),
        nested(150),
        b'{"name": "a", "x": ' + b"9" * 5000 + b"}",
    ],
)
def test_json_that_cannot_be_kept_is_refused(client: httpx.Client, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    thread_id = new_thread(client)
    for path in ("/assistants", f"/threads/{thread_id}/messages"):
        response = client.post(path, content=body, headers=headers)
        assert response.status_code == 422, response.text
        assert isinstance(response.json()["detail"], list)
    assert len(client.get("/assistants").json()) == 1


@pytest.mark.parametrize(
    "path", ["/assistants/nope", "/threads/%00", "/threads/123", "/assistants/nope/threads"]
)
def test_a_malformed_id_is_a_schema_error(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 422


@pytest.mark.parametrize("query", ["skip=-1", "limit=-1", "skip=x", "limit=1.5"])
def test_a_malformed_page_is_a_schema_error(client: httpx.Client, query: str) -> None:
    for path in ("/assistants", "/threads"):
        assert client.get(f"{path}?{query}").status_code == 422


@pytest.mark.requirement("backboard.errors")
def test_unknown_paths_and_methods_are_told_in_json(client: httpx.Client) -> None:
    assert client.get("/nowhere").json() == {"detail": "Not Found"}
    wrong = client.patch(f"/assistants/{uuid4()}")
    assert (wrong.status_code, wrong.json()) == (405, {"detail": "Method Not Allowed"})


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "content"),
        ({"content": ""}, "content"),
        ({"content": "  \n"}, "content"),
        ({"content": "x", "memory": "Auto", "memory_pro": "auto"}, "memory_pro"),
        ({"content": "x", "metadata": "{not json"}, "JSON"),
        ({"content": "x", "metadata": '{"a": NaN}'}, "JSON"),
        ({"content": "x", "thinking": "{not json"}, "JSON"),
        ({"content": "x", "metadata": '{"custom_timestamp": "yesterday"}'}, "custom_timestamp"),
        ({"content": "a\x00b"}, "NUL"),
        ({"content": "x", "llm_provider": "anthropic"}, "model_name"),
        ({"content": "x", "metadata": '{"sandbox": {"replay": "x"}}'}, "replay"),
    ],
)
@pytest.mark.requirement("backboard.errors")
def test_a_message_that_breaks_a_rule_is_told_in_a_sentence(
    client: httpx.Client, fields: dict[str, str], says: str
) -> None:
    thread_id = new_thread(client)
    response = client.post(f"/threads/{thread_id}/messages", data=fields)
    assert response.status_code == 400, response.text
    assert says in response.json()["detail"]
    if "sandbox" not in str(fields):
        assert messages_of(client, thread_id) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"content": 7},
        {"content": ["x"]},
        {"content": "x", "stream": "perhaps"},
        {"content": "x", "send_to_llm": 7},
        {"content": "x", "metadata": [1]},
        {"content": "x", "metadata": "[1]"},
        {"content": "x", "tools": [{}]},
    ],
)
def test_a_message_of_wrong_types_is_a_schema_error(
    client: httpx.Client, fields: dict[str, Any]
) -> None:
    thread_id = new_thread(client)
    response = client.post(f"/threads/{thread_id}/messages", json=fields)
    assert response.status_code == 422, response.text
    assert messages_of(client, thread_id) == []


@pytest.mark.parametrize("name", ["virus.exe", "noending", "archive.zip", ".txt", "a.pdf.sh"])
def test_a_file_of_an_unsupported_type_is_refused_by_name(client: httpx.Client, name: str) -> None:
    thread_id = new_thread(client)
    response = client.post(
        f"/threads/{thread_id}/messages",
        data={"content": "x"},
        files=[("files", (name, b"MZ", "text/plain"))],
    )
    assert response.status_code == 400
    assert name in response.json()["detail"]
    assert messages_of(client, thread_id) == []


@pytest.mark.requirement("limits.bodies")
def test_a_body_that_is_too_large_is_refused_however_it_comes(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    url = f"/threads/{thread_id}/messages"
    large = "x" * (20 * MIB)
    attempts: list[dict[str, Any]] = [
        {"json": {"content": large}},
        {"data": {"content": large}},
        {"files": {"content": (None, large)}},
        {"content": iter([large.encode()] * 1), "headers": {"Content-Type": "application/json"}},
    ]
    for attempt in attempts:
        response = client.post(url, **attempt)
        assert response.status_code == 413, response.text
        assert "larger than" in response.json()["detail"]
    assert messages_of(client, thread_id) == []
    answer = say(client, thread_id, "x" * MIB, send_to_llm="false")
    assert answer["latest_message"]["content"] == "x" * MIB


@pytest.mark.parametrize("field", ["voice", "image_generation", "video_generation", "system_one"])
@pytest.mark.requirement("backboard.not-here")
def test_a_feature_that_is_not_here_is_named(client: httpx.Client, field: str) -> None:
    url = f"/threads/{new_thread(client)}/messages"
    response = client.post(url, json={"content": "x", field: {"a": 1}})
    assert response.status_code == 501
    assert field.replace("_", " ") in response.json()["detail"].lower()
    for off in ("off", None, "", False):
        assert client.post(url, json={"content": "x", field: off}).status_code == 200
