"""What may be sent of everything, and what cannot be stored: refused in the words of each API."""

import json
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest

from pegboard.identifiers import new_id
from tests.support.deadlines import patience
from tests.support.server import Server
from tests.support.steps import WEATHER, new_thread

JSON: Final = {"Content-Type": "application/json"}


@pytest.fixture
def v1(server: Server, client: httpx.Client) -> Iterator[httpx.Client]:
    """The same tenant at the other API."""
    headers = {"Authorization": f"Bearer {client.headers['X-API-Key']}"}
    with httpx.Client(base_url=f"{server.url}/v1", headers=headers, timeout=patience(60)) as opened:
        yield opened


@pytest.mark.parametrize(
    "path",
    [
        "/files?purpose=%00",
        "/files?purpose=a%00b",
        "/assistants?after=%00",
        "/assistants/%00",
        "/threads/thread_%00/messages?run_id=%00",
        "/models/%00",
    ],
)
def test_a_nul_in_an_address_is_a_bad_request(v1: httpx.Client, path: str) -> None:
    answer = v1.get(path)
    assert answer.status_code == 400
    assert answer.json()["error"] == {
        "message": "The address holds a NUL character",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


@pytest.mark.parametrize("path", ["/assistants?name=%00", "/models?provider=%00", "/models/a/%00"])
def test_a_nul_in_an_address_is_told_at_the_backboard_api_too(
    client: httpx.Client, path: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == 422
    assert answer.json() == {"detail": "The address holds a NUL character"}


@pytest.mark.parametrize("text", [b"a\\u0000", b"\\ud800", b"a\x00", b"\\udc00\\ud800"])
@pytest.mark.requirement("limits.values")
def test_text_that_cannot_be_stored_is_refused_in_every_body(
    client: httpx.Client, v1: httpx.Client, text: bytes
) -> None:
    thread_id = new_thread(client)
    store = v1.post("/vector_stores", json={}).json()["id"]
    for opened, path, body in (
        (v1, "/assistants", b'{"model":"gpt-4o","name":"%s"}'),
        (v1, "/threads", b'{"metadata":{"%s":"x"}}'),
        (v1, "/threads", b'{"messages":[{"role":"user","content":"%s"}]}'),
        (v1, f"/vector_stores/{store}/search", b'{"query":"%s"}'),
        (v1, "/chat/completions", b'{"model":"m","messages":[{"role":"user","content":"%s"}]}'),
        (client, "/assistants", b'{"name":"%s"}'),
        (client, f"/threads/{thread_id}/messages", b'{"content":"%s"}'),
    ):
        answer = opened.post(path, content=body % text, headers=JSON)
        assert answer.status_code in {400, 422}, answer.text


@pytest.mark.parametrize("purpose", ["a\x00", "\x00"])
def test_a_nul_in_a_form_is_refused(v1: httpx.Client, purpose: str) -> None:
    files = {"file": ("a.txt", b"x")}
    answer = v1.post("/files", data={"purpose": purpose}, files=files)
    assert answer.status_code == 400


def test_too_many_tools_are_counted_and_not_looked_at(
    client: httpx.Client, v1: httpx.Client
) -> None:
    answer = v1.post("/assistants", json={"model": "gpt-4o", "tools": [0] * 129})
    assert answer.json()["error"] == {
        "message": "Invalid 'tools': array too long. Expected an array with maximum length 128, "
        "but got an array with length 129 instead.",
        "type": "invalid_request_error",
        "param": "tools",
        "code": "array_above_max_length",
    }
    tools = [named(f"f{number}") for number in range(513)]
    refused = client.post("/assistants", json={"name": "A", "tools": tools})
    assert refused.status_code == 422
    assert "at most 512 items" in refused.json()["detail"][0]["msg"]
    assert client.post("/assistants", json={"name": "A", "tools": tools[:512]}).status_code == 200


def test_what_is_wrong_with_many_is_told_of_one(client: httpx.Client) -> None:
    answer = client.post("/assistants", json={"name": "A", "tools": [0] * 500})
    assert [one["loc"] for one in answer.json()["detail"]] == [["body", "tools", 0]]


@pytest.mark.requirement("limits.values")
def test_a_body_may_hold_so_many_values_and_commas_in_texts_are_none(
    client: httpx.Client, v1: httpx.Client
) -> None:
    commas = 'a, [b], {c}, "d" \\ ' * 20_000
    for opened, body in ((client, {"name": "A"}), (v1, {"model": "gpt-4o"})):
        assert opened.post("/assistants", json={**body, "x": [0] * 49_000}).status_code == 200
        assert opened.post("/assistants", json={**body, "x": commas}).status_code == 200
        refused = opened.post("/assistants", json={**body, "x": [0] * 51_000})
        assert refused.status_code in {400, 422}
        assert "More than 50000 values" in refused.text


def test_a_few_long_texts_are_no_matter_how_they_are_spelt(v1: httpx.Client) -> None:
    picture = "data:image/png;base64," + "QUJD" * 1_700_000
    content = [{"type": "image_url", "image_url": {"url": picture}}, {"type": "text", "text": "é"}]
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": content}]}
    assert v1.post("/chat/completions", json=body).status_code == 200
    chinese = json.dumps({"name": "語" * 1_500_000, "model": "gpt-4o"}).encode()
    refused = v1.post("/assistants", content=chinese, headers=JSON)
    assert refused.json()["error"]["code"] == "string_above_max_length"


@pytest.mark.parametrize(
    ("path", "fields", "param"),
    [
        ("/assistants", {"model": "m", "instructions": "x" * 256_001}, "instructions"),
        ("/assistants", {"model": "m", "response_format": {"x": "y" * 600_000}}, "response_format"),
        ("/threads", {"messages": [0] * 33}, "messages"),
        ("/threads", {"metadata": {str(n): "x" for n in range(17)}}, "metadata"),
        (
            "/chat/completions",
            {"model": "m", "messages": [{"role": "user", "content": "x"}], "tools": [0] * 129},
            "tools",
        ),
        ("/chat/completions", {"model": "m", "messages": [0] * 4_097}, "messages"),
    ],
)
@pytest.mark.requirement("limits.values")
def test_what_is_too_long_is_named(
    v1: httpx.Client, path: str, fields: dict[str, Any], param: str
) -> None:
    answer = v1.post(path, json=fields)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"system_prompt": "x" * 256_001}, "system_prompt"),
        ({"metadata": {str(number): 0 for number in range(1_001)}}, "metadata"),
        ({"metadata": {"x": "y" * 600_000}}, "metadata"),
        ({"model_name": "x" * 513}, "model_name"),
        ({"tools": [0] * 600}, "tools"),
    ],
)
@pytest.mark.requirement("limits.values")
def test_what_is_too_long_is_named_at_the_backboard_api(
    client: httpx.Client, fields: dict[str, Any], place: str
) -> None:
    thread_id = new_thread(client)
    answer = client.post(f"/threads/{thread_id}/messages", json={"content": "x", **fields})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][:2] == ["body", place]


def test_urlencoded_text_is_read_as_it_was_written(client: httpx.Client) -> None:
    url = f"/threads/{new_thread(client)}/messages"
    text = "é 語 % + & = " * 20_000
    answer = client.post(url, data={"content": text, "send_to_llm": "false"}).json()
    assert answer["latest_message"]["content"] == text


def test_threads_are_told_whole_however_many_messages_they_have(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    for number in range(120):
        body = {"content": f'"messages":[] {number}', "send_to_llm": False}
        assert client.post(f"/threads/{thread_id}/messages", json=body).status_code == 200
    (whole,) = client.get("/threads").json()
    assert whole == client.get(f"/threads/{thread_id}").json()
    assert [one["content"] for one in whole["messages"]] == [
        f'"messages":[] {number}' for number in range(120)
    ]
    assert (whole["message_count"], whole["title"]) == (120, '"messages":[] 0')


def test_long_pages_have_everything_once(v1: httpx.Client) -> None:
    made = [v1.post("/assistants", json={"model": "m"}).json()["id"] for _ in range(60)]
    for limit, order in ((100, "asc"), (59, "asc"), (60, "desc")):
        page = v1.get("/assistants", params={"limit": limit, "order": order}).json()
        wanted = (made if order == "asc" else made[::-1])[:limit]
        assert [one["id"] for one in page["data"]] == wanted
        assert page["has_more"] is (limit < len(made))
        assert (page["first_id"], page["last_id"]) == (wanted[0], wanted[-1])


def named(name: str) -> dict[str, Any]:
    return {**WEATHER, "function": {**WEATHER["function"], "name": name}}


def test_the_pattern_of_a_schema_is_honoured_where_it_can_be(client: httpx.Client) -> None:
    code = {"type": "string", "pattern": r"^(?:[A-Z]{2,4}-)+\d+$"}
    parameters = {"type": "object", "properties": {"code": code}, "required": ["code"]}
    tool = {"type": "function", "function": {"name": "get_code", "parameters": parameters}}
    thread_id = new_thread(client, tools=[tool])
    body = {"content": f"get code for AB-CDE-17 {new_id().hex[:4]}"}
    paused = client.post(f"/threads/{thread_id}/messages", json=body).json()
    (call,) = paused["tool_calls"]
    assert json.loads(call["function"]["arguments"]) == {"code": "AB-CDE-17"}
