"""Older clients send and read the same objects in their own words."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from pegboard.identifiers import new_id
from tests.support.deadlines import patience
from tests.support.sdk import scene
from tests.support.server import Server
from tests.support.steps import WEATHER

RUBY = "OpenAPI-Generator/1.0.0/ruby"


def client_of(server: Server, key: str, **headers: str) -> httpx.Client:
    return httpx.Client(
        base_url=f"{server.url}/v1",
        headers={"Authorization": f"Bearer {key}", **headers},
        timeout=patience(30),
    )


@pytest.fixture
def key() -> str:
    return f"sk-{new_id().hex}"


@pytest.fixture
def v1(server: Server, key: str) -> Iterator[httpx.Client]:
    with client_of(server, key, **{"OpenAI-Beta": "assistants=v1"}) as client:
        yield client


@pytest.fixture
def v2(server: Server, key: str) -> Iterator[httpx.Client]:
    with client_of(server, key, **{"OpenAI-Beta": "foo=bar, assistants=v2"}) as client:
        yield client


def body_of(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)
    body: dict[str, Any] = answer.json()
    return body


def completed(client: httpx.Client, run: dict[str, Any]) -> dict[str, Any]:
    path = f"/threads/{run['thread_id']}/runs/{run['id']}"
    while (now := body_of(client.get(path)))["status"] in {"queued", "in_progress"}:
        pass
    return now


@pytest.mark.requirement("openai.profiles")
def test_an_assistant_of_v1_is_one_of_v2(v1: httpx.Client, v2: httpx.Client) -> None:
    body = {
        "model": "gpt-4o",
        "name": "Old",
        "tools": [{"type": "retrieval"}, WEATHER],
        "file_ids": [],
        "metadata": {"flag": True, "n": 3, "t": "x"},
    }
    made = body_of(v1.post("/assistants", json=body))
    assert made.keys() == {
        "id",
        "object",
        "created_at",
        "name",
        "description",
        "model",
        "instructions",
        "tools",
        "file_ids",
        "metadata",
    }
    assert made["tools"][0] == {"type": "retrieval"}
    assert (made["file_ids"], made["metadata"]) == ([], {"flag": "true", "n": "3", "t": "x"})
    assert body_of(v1.get("/assistants"))["data"] == [made]
    new = body_of(v2.get(f"/assistants/{made['id']}"))
    assert [tool["type"] for tool in new["tools"]] == ["file_search", "function"]
    assert (new["tool_resources"], new["temperature"]) == (
        {"code_interpreter": {"file_ids": []}},
        1,
    )


@pytest.mark.requirement("openai.profiles")
def test_a_run_of_v1_is_told_without_what_came_later(v1: httpx.Client) -> None:
    assistant = body_of(
        v1.post("/assistants", json={"model": "m", "tools": [{"type": "retrieval"}]})
    )
    thread = {"messages": [{"role": "user", "content": "Hello", "file_ids": []}]}
    body = {"assistant_id": assistant["id"], "thread": thread, "metadata": scene(reply="One two")}
    run = completed(v1, body_of(v1.post("/threads/runs", json=body)))
    assert (run["object"], run["status"], run["file_ids"]) == ("thread.run", "completed", [])
    assert run["tools"] == [{"type": "retrieval"}]
    assert not run.keys() & {"temperature", "truncation_strategy", "tool_resources"}
    (answer, question) = body_of(v1.get(f"/threads/{run['thread_id']}/messages"))["data"]
    assert (answer["file_ids"], question["file_ids"]) == ([], [])
    assert "status" not in answer


@pytest.mark.requirement("openai.profiles")
def test_a_stream_of_v1_is_told_in_the_same_words(v1: httpx.Client) -> None:
    assistant = body_of(v1.post("/assistants", json={"model": "m"}))
    thread = {"messages": [{"role": "user", "content": "Hello"}]}
    body = {"assistant_id": assistant["id"], "thread": thread, "stream": True}
    answer = v1.post("/threads/runs", json=body)
    frames = [frame.split("\n") for frame in answer.text.strip().split("\n\n")]
    assert frames[-1] == ["event: done", "data: [DONE]"]
    runs = [
        json.loads(frame[1].removeprefix("data: "))
        for frame in frames
        if frame[0].startswith("event: thread.run.") and ".step." not in frame[0]
    ]
    assert [run["status"] for run in runs] == ["queued", "queued", "in_progress", "completed"]
    assert all("file_ids" in run and "tool_choice" not in run for run in runs)


def test_a_run_that_its_budget_cut_short_is_completed_for_v1(
    v1: httpx.Client, v2: httpx.Client
) -> None:
    assistant = body_of(v2.post("/assistants", json={"model": "m"}))
    body = {
        "assistant_id": assistant["id"],
        "thread": {"messages": [{"role": "user", "content": "Hello"}]},
        "max_completion_tokens": 2,
        "metadata": scene(reply="one two three four five"),
    }
    run = completed(v2, body_of(v2.post("/threads/runs", json=body)))
    assert run["status"] == "incomplete"
    old = body_of(v1.get(f"/threads/{run['thread_id']}/runs/{run['id']}"))
    assert old["status"] == "completed"


@pytest.mark.parametrize("asks", [{}, {"OpenAI-Beta": "assistants=v1"}, {"OpenAI-Beta": "foo=bar"}])
def test_the_archived_ruby_client_reads_the_names_it_knows(
    server: Server, key: str, asks: dict[str, str]
) -> None:
    with client_of(server, key, **{"User-Agent": RUBY, **asks}) as ruby:
        body = {"model": "m", "tools": [WEATHER], "file_ids": []}
        assistant = body_of(ruby.post("/assistants", json=body))
        thread = body_of(ruby.post("/threads", json={}))
        path = f"/threads/{thread['id']}"
        message = {"role": "user", "content": "What's the weather in Oslo?"}
        assert body_of(ruby.post(f"{path}/messages", json=message))["file_ids"] == []
        begun = body_of(ruby.post(f"{path}/runs", json={"assistant_id": assistant["id"]}))
        assert (begun["object"], begun["status"]) == ("assistant.run", "queued")
        run = completed(ruby, begun)
        calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        outputs = [{"tool_call_id": call["id"], "output": "snow"} for call in calls]
        run_path = f"{path}/runs/{run['id']}"
        again = body_of(
            ruby.post(f"{run_path}/submit_tool_outputs", json={"tool_outputs": outputs})
        )
        over = completed(ruby, again)
        assert over["status"] == "completed"
        assert over["expires_at"] == run["expires_at"] == over["created_at"] + 600
        steps = body_of(ruby.get(f"{run_path}/steps"))["data"]
        assert {step["object"] for step in steps} == {"assistant.run.step"}
        assert [run["object"] for run in body_of(ruby.get(f"{path}/runs"))["data"]] == [
            "assistant.run"
        ]
        bad = ruby.post("/assistants", content=b"{", headers={"Content-Type": "application/json"})
        assert (bad.status_code, bad.json()["error"]["type"]) == (400, "invalid_request_error")


def test_a_later_client_of_the_same_name_asks_for_version_2(server: Server, key: str) -> None:
    headers = {"User-Agent": RUBY, "OpenAI-Beta": "assistants=v2"}
    with client_of(server, key, **headers) as ruby:
        assistant = body_of(ruby.post("/assistants", json={"model": "m"}))
        thread = {"messages": [{"role": "user", "content": "Hello"}]}
        body = {"assistant_id": assistant["id"], "thread": thread}
        run = completed(ruby, body_of(ruby.post("/threads/runs", json=body)))
        assert (run["object"], run["expires_at"]) == ("thread.run", None)


def test_the_header_may_be_forgotten(server: Server, key: str) -> None:
    with client_of(server, key) as client:
        assert "tool_resources" in body_of(client.post("/assistants", json={"model": "m"}))


def test_a_vector_store_keeps_its_files_whatever_the_version(v1: httpx.Client) -> None:
    """Version 1 has no vector stores; its `file_ids` of assistants and messages are others."""
    upload = {"file": ("a.txt", b"The bakery sells rye.")}
    file = body_of(v1.post("/files", files=upload, data={"purpose": "assistants"}))
    store = body_of(v1.post("/vector_stores", json={"file_ids": [file["id"]]}))
    assert store["file_counts"]["total"] == 1
