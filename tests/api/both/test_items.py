"""What an answer is made of besides its text, at both APIs: told, told again and kept alike."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from pegboard.identifiers import new_id
from tests.support.deadlines import patience
from tests.support.postgres import new_database
from tests.support.sdk import scene
from tests.support.server import Server, start_server
from tests.support.steps import WEATHER, new_thread, say, script
from tests.support.stream import stream
from tests.support.upstream import Answer, event, running_upstream

REFUSAL = "I cannot help with that."


@pytest.fixture
def openai(server: Server) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer sk-{new_id().hex}", "OpenAI-Beta": "assistants=v2"}
    url = f"{server.url}/v1"
    with httpx.Client(base_url=url, headers=headers, timeout=patience(30)) as client:
        yield client


def run_frames(openai: httpx.Client, **fields: Any) -> list[tuple[str, Any]]:
    """The frames of a run on a new thread, whose model does what the `fields` of a script say."""
    assistant = openai.post("/assistants", json={"model": "gpt-4o"}).json()["id"]
    thread = {"messages": [{"role": "user", "content": "Hello"}]}
    body = {
        "assistant_id": assistant,
        "thread": thread,
        "stream": True,
        "metadata": scene(**fields),
    }
    response = openai.post("/threads/runs", json=body)
    assert response.status_code == 200, response.text
    pairs = [one.split("\n") for one in response.text.split("\n\n") if one.startswith("event: ")]
    return [
        (name.removeprefix("event: "), json.loads(data.removeprefix("data: ")))
        for name, data in pairs
        if data != "data: [DONE]"
    ]


def last_of(frames: list[tuple[str, Any]], kind: str) -> tuple[str, Any]:
    return [(name, data) for name, data in frames if data.get("object") == kind][-1]


@pytest.mark.requirement("answers.refusals")
def test_a_refusal_is_a_part_of_its_own_at_openais_api(openai: httpx.Client) -> None:
    frames = run_frames(openai, refusal=REFUSAL)
    deltas = [
        data["delta"]["content"][0] for name, data in frames if name.endswith("message.delta")
    ]
    assert {delta["type"] for delta in deltas} == {"refusal"}
    assert "".join(delta["refusal"] for delta in deltas) == REFUSAL
    name, message = last_of(frames, "thread.message")
    assert name == "thread.message.completed"
    assert message["content"] == [{"type": "refusal", "refusal": REFUSAL}]
    assert last_of(frames, "thread.run")[0] == "thread.run.completed"
    stored = openai.get(f"/threads/{message['thread_id']}/messages/{message['id']}").json()
    assert stored["content"] == message["content"]


@pytest.mark.requirement("answers.refusals")
def test_a_refusal_is_the_text_at_backboards_api(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    answer = say(client, thread_id, "Hello", metadata=script(refusal=REFUSAL))
    assert (answer["content"], answer["status"]) == (REFUSAL, "COMPLETED")
    stored = client.get(f"/threads/{thread_id}").json()["messages"]
    assert [message["content"] for message in stored] == ["Hello", REFUSAL]


@pytest.mark.requirement("answers.content-filter")
def test_a_filtered_answer_is_incomplete_at_openais_api(openai: httpx.Client) -> None:
    frames = run_frames(openai, reply="I would", finish_reason="content_filter")
    name, message = last_of(frames, "thread.message")
    assert name == "thread.message.incomplete"
    assert message["incomplete_details"] == {"reason": "content_filter"}
    name, run = last_of(frames, "thread.run")
    assert (name, run["status"]) == ("thread.run.incomplete", "incomplete")
    assert run["incomplete_details"] == {"reason": "content_filter"}
    path = f"/threads/{run['thread_id']}"
    stored_run = openai.get(f"{path}/runs/{run['id']}").json()
    stored = openai.get(f"{path}/messages/{message['id']}").json()
    steps = openai.get(f"{path}/runs/{run['id']}/steps").json()["data"]
    assert (stored_run["status"], stored_run["incomplete_details"]) == (
        "incomplete",
        {"reason": "content_filter"},
    )
    assert stored == message
    assert [(step["status"], step["last_error"]) for step in steps] == [("completed", None)]


@pytest.mark.requirement("answers.content-filter")
def test_a_filtered_answer_says_so_at_backboards_api(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    filtered = script(reply="I would", finish_reason="content_filter")
    answer = say(client, thread_id, "Hello", metadata=filtered)
    assert answer["content"] == "I would"
    assert answer["latest_message"]["metadata"]["error_code"] == "content_filter"
    body = {"content": "Hello", "stream": True, "metadata": filtered}
    *_, last = stream(client, f"/threads/{thread_id}/messages", json=body)
    assert (last["type"], last["incomplete_reason"]) == ("run_ended", "content_filter")
    stored = client.get(f"/threads/{thread_id}").json()["messages"]
    assert [one["metadata"]["error_code"] for one in stored if one["role"] == "assistant"] == [
        "content_filter"
    ] * 2


@pytest.mark.requirement("answers.reasoning-tokens")
def test_tokens_of_reasoning_are_told(openai: httpx.Client, client: httpx.Client) -> None:
    usage = {"input_tokens": 10, "output_tokens": 9, "reasoning_tokens": 6}
    thoughts = {"reasoning": "Let me see.", "reply": "Yes.", "usage": usage}
    frames = run_frames(openai, **thoughts)
    _, run = last_of(frames, "thread.run")
    _, step = last_of(frames, "thread.run.step")
    assert run["usage"]["completion_tokens_details"] == {"reasoning_tokens": 6}
    assert step["usage"]["completion_tokens_details"] == {"reasoning_tokens": 6}
    path = f"/threads/{run['thread_id']}/runs/{run['id']}"
    assert openai.get(path).json()["usage"] == run["usage"]
    assert openai.get(f"{path}/steps/{step['id']}").json()["usage"] == step["usage"]
    answer = say(client, new_thread(client), "Hello", metadata=script(**thoughts))
    assert answer["latest_message"]["metadata"]["reasoning_tokens"] == 6


def anthropic(*blocks: tuple[dict[str, Any], list[dict[str, Any]]], stop: str) -> Answer:
    """A streamed message of Anthropic's: each block as it starts, and its deltas."""
    message = {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "m"}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "usage": {"input_tokens": 3}}}
    ]
    for index, (block, deltas) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        events += [
            {"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas
        ]
        events.append({"type": "content_block_stop", "index": index})
    end = {"stop_reason": stop, "stop_sequence": None}
    events.append({"type": "message_delta", "delta": end, "usage": {"output_tokens": 9}})
    events.append({"type": "message_stop"})
    return Answer(tuple(f"event: {e['type']}\n".encode() + event(e) for e in events))


@pytest.mark.requirement("models.reasoning-goes-back")
async def test_a_provider_gets_back_what_it_signed_once_its_calls_are_answered(
    postgres_url: str,
) -> None:
    thinking = {"type": "thinking", "thinking": "", "signature": ""}
    thoughts = [
        {"type": "thinking_delta", "thinking": "Look "},
        {"type": "thinking_delta", "thinking": "outside."},
        {"type": "signature_delta", "signature": "c2ln"},
    ]
    call = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}
    arguments = [{"type": "input_json_delta", "partial_json": '{"location": "Oslo"}'}]
    text = ({"type": "text", "text": ""}, [{"type": "text_delta", "text": "It snows."}])
    async with running_upstream() as upstream:
        upstream.answer_with(
            anthropic((thinking, thoughts), (call, arguments), stop="tool_use"),
            anthropic(text, stop="end_turn"),
        )
        server = await asyncio.to_thread(
            start_server,
            PEGBOARD_DATABASE_URL=await asyncio.to_thread(new_database, postgres_url),
            PEGBOARD_SANDBOX="auto",
            ANTHROPIC_API_KEY="sk-x",
            ANTHROPIC_BASE_URL=upstream.url,
        )
        try:
            headers = {"X-API-Key": "any"}
            url = f"{server.url}/api"
            async with httpx.AsyncClient(
                base_url=url, headers=headers, timeout=patience(120)
            ) as client:
                made = await client.post("/assistants", json={"name": "A", "tools": [WEATHER]})
                place = f"/assistants/{made.json()['assistant_id']}/threads"
                thread_id = (await client.post(place, json={})).json()["thread_id"]
                body = {
                    "content": "How is it?",
                    "llm_provider": "anthropic",
                    "model_name": "claude-sonnet-4-5",
                    "thinking": {"budget_tokens": 1024},
                    "stream": True,
                }
                paused = await client.post(f"/threads/{thread_id}/messages", json=body)
                assert '"tool_submit_required"' in paused.text, paused.text
                outputs = {
                    "thread_id": thread_id,
                    "tool_outputs": [{"tool_call_id": "toolu_1", "output": "snow"}],
                    "stream": True,
                }
                answer = await client.post("/threads/tool-outputs", json=outputs)
                assert '"final_content":"It snows."' in answer.text, answer.text
        finally:
            await asyncio.to_thread(server.stop)
    (turn,) = [one for one in upstream.requests[-1].body["messages"] if one["role"] == "assistant"]
    assert turn["content"][0] == {
        "type": "thinking",
        "thinking": "Look outside.",
        "signature": "c2ln",
    }
    assert turn["content"][-1]["name"] == "get_weather"
