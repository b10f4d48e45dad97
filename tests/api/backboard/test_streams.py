"""Streams at the Backboard API: their frames, their order, their ends."""

import json
import time
from typing import Any

import httpx
import pytest

from tests.conftest import StartServer
from tests.support.deadlines import deadline
from tests.support.steps import WEATHER, messages_of, new_thread, say, script, submit
from tests.support.stream import Event, events_of, stream, text_of, types_of


def speak(client: httpx.Client, thread_id: str, content: str, **scene: Any) -> list[Event]:
    body = {"content": content, "stream": True, "metadata": script(**scene)}
    return stream(client, f"/threads/{thread_id}/messages", json=body)


def test_a_plain_answer_is_told_in_order(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    events = speak(client, thread_id, "Hi", reply="One two three")
    assert types_of(events) == [
        "message_received",
        "user_message",
        "run_started",
        "message_start",
        "content_streaming",
        "run_ended",
    ]
    assert [e["content"] for e in events if e["type"] == "content_streaming"] == [
        "One ",
        "two ",
        "three",
    ]
    assert [e["accumulated_content"] for e in events if e["type"] == "content_streaming"][-1] == (
        "One two three"
    )
    thread = client.get(f"/threads/{thread_id}").json()
    user, answer = thread["messages"]
    assert {(e["thread_id"], e["assistant_id"]) for e in events} == {
        (thread_id, thread["assistant_id"])
    }
    assert len({e["run_id"] for e in events}) == 1
    assert events[1]["message_id"] == user["message_id"]
    assert (events[1]["content"], events[1]["role"]) == ("Hi", "user")
    assert events[2]["message_id"] == events[3]["message_id"] == answer["message_id"]
    ended = events[-1]
    assert (ended["status"], ended["content"], ended["final_content"]) == (
        "completed",
        "One two three",
        "One two three",
    )
    assert ended["message_id"] == answer["message_id"]
    assert ended["total_tokens"] == answer["total_tokens"]


@pytest.mark.requirement("streams.same-as-unstreamed")
def test_a_stream_says_the_same_as_an_unstreamed_answer(client: httpx.Client) -> None:
    events = speak(client, new_thread(client), "Tell me a story about a robot.")
    whole = say(client, new_thread(client), "Tell me a story about a robot.")
    assert text_of(events) == whole["content"]
    assert events[-1]["input_tokens"] == whole["input_tokens"]


def test_frames_are_ascii_lines_whatever_the_text(client: httpx.Client) -> None:
    text = 'a\u2028b\u2029c\x85d\x0be\x1cf \U0001f600 "quoted" \\ {x}'
    response = client.post(
        f"/threads/{new_thread(client)}/messages",
        json={"content": text, "stream": True, "metadata": script(reply=text)},
    )
    frames = [line for line in response.text.splitlines() if line]
    assert all(line.startswith("data: {") for line in frames)
    assert "[DONE]" not in response.text
    assert text_of(events_of(response.text)) == text
    headers = response.headers
    assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-cache", "no")


def test_reasoning_comes_first_and_is_kept(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    events = speak(client, thread_id, "Hi", reasoning="Let me see", reply="Done")
    assert types_of(events)[3:] == [
        "message_start",
        "reasoning_streaming",
        "reasoning_ended",
        "content_streaming",
        "run_ended",
    ]
    assert events[-1]["reasoning"] == "Let me see"
    assert say(client, thread_id, "Hi", thinking={"effort": "high"})["reasoning"]


def test_a_tool_call_ends_the_stream_with_all_calls(client: httpx.Client) -> None:
    thread_id = new_thread(client, tools=[WEATHER])
    events = stream(
        client,
        f"/threads/{thread_id}/messages",
        data={"content": "What's the weather in Paris and in Tokyo?", "stream": "true"},
    )
    assert types_of(events) == [
        "message_received",
        "user_message",
        "run_started",
        "message_start",
        "tool_call_start",
        "tool_call_ready",
        "tool_call_start",
        "tool_call_ready",
        "tool_submit_required",
    ]
    calls = events[-1]["tool_calls"]
    assert [json.loads(call["function"]["arguments"]) for call in calls] == [
        {"location": "Paris"},
        {"location": "Tokyo"},
    ]
    paused = {"thread_id": thread_id, "run_id": events[-1]["run_id"], "tool_calls": calls}
    after = events_of(submit(client, paused, "rain", "sun", stream=True).text)
    assert types_of(after) == [
        "run_continuing",
        "message_start",
        "content_streaming",
        "run_ended",
    ]
    assert "rain" in after[-1]["content"]
    assert "sun" in after[-1]["content"]


def test_outputs_may_be_submitted_while_the_first_stream_is_open(client: httpx.Client) -> None:
    thread_id = new_thread(client, tools=[WEATHER])
    body = {"content": "Weather in Oslo?", "stream": True}
    with client.stream("POST", f"/threads/{thread_id}/messages", json=body) as first:
        for line in first.iter_lines():
            event = json.loads(line.removeprefix("data: ")) if line else {"type": ""}
            if event["type"] == "tool_submit_required":
                # Committed before it was written: the very next request finds it.
                stored = client.get(f"/threads/{thread_id}").json()["messages"][-1]
                assert stored["status"] == "REQUIRES_ACTION"
                paused = {**event, "thread_id": thread_id}
                second = events_of(submit(client, paused, "snow", stream=True).text)
                assert second[-1]["type"] == "run_ended"
                break
        else:
            raise AssertionError("no tool call")
    assert messages_of(client, thread_id)[-1][1] == "COMPLETED"


@pytest.mark.requirement("streams.early-failure")
@pytest.mark.parametrize("options", [{}, {"memory": "Auto"}, {"memory": "Readonly"}])
def test_a_failure_before_the_first_word_is_an_http_error(
    client: httpx.Client, options: dict[str, str]
) -> None:
    failing = {"content": "x", "stream": True, "metadata": script(error={"status": 500})}
    response = client.post(f"/threads/{new_thread(client)}/messages", json={**failing, **options})
    assert response.status_code == 502
    assert isinstance(response.json()["detail"], str)


@pytest.mark.requirement("runs.failure-kept")
def test_a_failure_in_mid_stream_keeps_what_was_said(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    events = speak(client, thread_id, "x", reply="a b c d", error={"status": 500, "after": 2})
    assert types_of(events)[-2:] == ["content_streaming", "run_failed"]
    assert events[-1]["error"] == events[-1]["message"]
    assert messages_of(client, thread_id)[-1] == ("assistant", "FAILED", "a b ")
    failed = client.get(f"/threads/{thread_id}").json()["messages"][-1]
    assert failed["metadata_"]["error"] == events[-1]["error"]
    assert say(client, thread_id, "Go on")["status"] == "COMPLETED"


def test_a_cut_stream_is_a_failure(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    events = speak(client, thread_id, "x", reply="a b c d", cut_after=2)
    assert events[-1]["type"] == "run_failed"
    assert messages_of(client, thread_id)[-1][1] == "FAILED"


@pytest.mark.requirement("streams.hang-up")
def test_a_client_that_hangs_up_does_not_stop_the_run(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    body = {
        "content": "x",
        "stream": True,
        "metadata": script(reply=" ".join(["word"] * 20), delay_ms=20),
    }
    with client.stream("POST", f"/threads/{thread_id}/messages", json=body) as response:
        next(response.iter_raw())
    end = deadline(20)
    while len(messages_of(client, thread_id)) < 2:
        assert time.monotonic() < end
    assert messages_of(client, thread_id)[-1] == (
        "assistant",
        "COMPLETED",
        " ".join(["word"] * 20),
    )


@pytest.mark.requirement("streams.keepalive")
def test_a_silence_is_bridged_by_comments(start: StartServer) -> None:
    with start(PEGBOARD_KEEPALIVE="0.05").client() as client:
        text = client.post(
            f"/threads/{new_thread(client)}/messages",
            json={"content": "x", "stream": True, "metadata": script(reply="a b", delay_ms=300)},
        ).text
    assert "\n: keepalive\n" in text
    assert text_of(events_of(text)) == "a b"
