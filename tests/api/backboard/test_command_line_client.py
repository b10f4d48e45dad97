"""The calls of the official command-line client, in its order and read as strictly as it reads."""

import json
from typing import Any

import httpx

from tests.support.steps import WEATHER, messages_of, new_thread

Event = dict[str, Any]


def frames(response: httpx.Response) -> list[Event]:
    """Frames are parted by blank lines; any other than a comment has to be one JSON object."""
    assert response.status_code == 200, response.text
    *whole, rest = response.text.split("\n\n")
    assert rest == ""
    events = []
    for frame in whole:
        lines = [line for line in frame.split("\n") if line and not line.startswith(":")]
        payload = "\n".join(line.removeprefix("data:").strip() for line in lines).strip()
        if payload:
            events.append(json.loads(payload))
    assert all(isinstance(event, dict) and isinstance(event["type"], str) for event in events)
    return events


def deltas(events: list[Event]) -> str:
    """The text as it adds it up: by what `accumulated_content` has more than before."""
    text = ""
    for event in events:
        if event["type"] == "content_streaming":
            assert event["accumulated_content"] == text + event["content"]
            text = event["accumulated_content"]
    return text


def test_it_lists_the_models_of_every_provider(client: httpx.Client) -> None:
    providers = client.get("/models/providers").json()["providers"]
    total = 0
    for provider in providers:
        query = {"skip": "0", "limit": "500"}
        page = client.get(f"/models/provider/{provider}", params=query).json()
        assert page["total"] == len(page["models"]) > 0
        assert {model["provider"] for model in page["models"]} == {provider}
        total += page["total"]
    assert total == client.get("/models").json()["total"]


def test_it_finds_its_assistant_by_name_or_makes_it(client: httpx.Client) -> None:
    query = {"limit": "200", "name": "coder"}
    assert client.get("/assistants", params=query).json() == []
    body = {"name": "coder", "system_prompt": "You write code", "tools": [WEATHER]}
    made = client.post("/assistants", json=body).json()
    client.post("/assistants", json={**body, "name": "Coder"})
    assert client.get("/assistants", params=query).json() == [made]


def test_a_turn_with_tools_goes_round_both_ways(client: httpx.Client) -> None:
    made = client.post("/assistants", json={"name": "coder", "system_prompt": "Help"}).json()
    turn = {
        "content": "What's the weather in Oslo?",
        "assistant_id": made["assistant_id"],
        "llm_provider": "anthropic",
        "model_name": "claude-sonnet-4-5",
        "system_prompt": "Be brief",
        "memory": "off",
        "memory_profile": {"unknown": True},
        "metadata": {"workspace": "x"},
        "thinking": {"effort": "high"},
        "tools": [WEATHER],
        "stream": True,
    }
    begun = frames(client.post("/threads/messages", json=turn))
    required = begun[-1]
    assert required["type"] == "tool_submit_required"
    assert required["input_tokens"] > 0
    (call,) = required["tool_calls"]
    assert call["type"] == "function"
    assert json.loads(call["function"]["arguments"])["location"]

    output = {"tool_call_id": call["id"], "output": "snow"}
    more = {"tool_outputs": [output], "thinking": None, "tools": [WEATHER], "stream": True}
    run = f"/threads/{required['thread_id']}/runs/{required['run_id']}"
    ended = frames(client.post(f"{run}/submit-tool-outputs?stream=true", json=more))
    assert ended[-1]["type"] == "run_ended"
    assert ended[-1]["final_content"] == deltas(ended)
    usage = ended[-1]["context_usage"]
    assert 0 < usage["used_tokens"] < usage["context_limit"] == 200_000
    assert ended[-1]["model_name"] == "claude-sonnet-4-5"

    again = frames(
        client.post("/threads/messages", json={**turn, "thread_id": required["thread_id"]})
    )
    (call,) = again[-1]["tool_calls"]
    more = {**more, "tool_outputs": [{"tool_call_id": call["id"], "output": "rain"}]}
    place = {"thread_id": required["thread_id"]}
    assert "rain" in deltas(frames(client.post("/threads/tool-outputs", json={**place, **more})))


def test_files_go_with_a_form_whose_objects_are_json(client: httpx.Client) -> None:
    form = {
        "content": "Summarize this document.",
        "thread_id": new_thread(client),
        "metadata": json.dumps({"workspace": "x"}),
        "tools": json.dumps([WEATHER]),
        "thinking": json.dumps({"budget_tokens": 2048}),
        "stream": "true",
    }
    file = [("files", ("notes.md", b"# Notes\n\nThe lamp is green."))]
    events = frames(client.post("/threads/messages", data=form, files=file))
    assert events[-1]["type"] == "run_ended"
    assert "lamp is green" in deltas(events)


def test_a_cancelled_turn_can_be_resumed_from_its_list(client: httpx.Client) -> None:
    client.post("/threads/messages", json={"content": "Fix the   bug", "tools": [WEATHER]})
    begun = frames(
        client.post(
            "/threads/messages",
            json={"content": "What's the weather in Oslo?", "tools": [WEATHER], "stream": True},
        )
    )
    run = f"/threads/{begun[-1]['thread_id']}/runs/{begun[-1]['run_id']}"
    assert client.post(f"{run}/cancel").json()["cancelled"] is True
    listed = client.get("/threads?limit=200&include_messages=false").json()
    assert [(one["title"], one["message_count"], one["messages"]) for one in listed] == [
        ("Fix the bug", 2, []),
        ("What's the weather in Oslo?", 2, []),
    ]
    whole = client.get(f"/threads/{listed[1]['thread_id']}").json()
    assert whole["messages"][1]["metadata_"]["tool_calls"][0]["type"] == "function"
    assert messages_of(client, listed[1]["thread_id"])[1][1] == "CANCELLED"
