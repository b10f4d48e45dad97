"""Messages at the Backboard API: what is sent, what comes back, what is kept."""

import concurrent.futures
import json
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.support.steps import messages_of, new_thread, say, script
from tests.support.stream import stream, types_of

FIELDS = {"content": "Hello", "memory": "Off", "stream": "false", "web_search": "off"}
ENCODINGS: dict[str, dict[str, Any]] = {
    "urlencoded": {"data": FIELDS},
    "multipart without files": {"files": {k: (None, v) for k, v in FIELDS.items()}},
    "multipart with a file": {
        "data": FIELDS,
        "files": [("files", ("notes.txt", b"The sky is green."))],
    },
    "json": {"json": {**FIELDS, "stream": False, "thinking": None}},
    "only the content": {"data": {"content": "Hello"}},
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.requirement("backboard.encodings")
def test_every_encoding_is_understood(client: httpx.Client, encoding: str) -> None:
    url = f"/threads/{new_thread(client)}/messages"
    answer = client.post(url, **ENCODINGS[encoding])
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "COMPLETED"


def test_multipart_may_come_in_chunks_without_a_length(client: httpx.Client) -> None:
    form = (
        b'--b\r\nContent-Disposition: form-data; name="content"\r\n\r\nHello\r\n',
        b'--b\r\nContent-Disposition: form-data; name="stream"\r\n\r\nfalse\r\n--b--\r\n',
    )
    answer = client.post(
        f"/threads/{new_thread(client)}/messages",
        content=iter(form),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.requirement("backboard.flat-answer")
def test_an_answer_is_flat_and_carries_the_latest_message(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    answer = say(client, thread_id, "Hi", metadata=script(reply="Hey"))
    thread = client.get(f"/threads/{thread_id}").json()
    moment = answer["created_at"]
    labels = {"run_id": answer["run_id"]}
    assert "messages" not in answer
    figures = {"input_tokens": answer["input_tokens"], "output_tokens": answer["output_tokens"]}
    total = answer["input_tokens"] + answer["output_tokens"]
    assert answer["latest_message"] == {
        "message_id": answer["message_id"],
        "role": "assistant",
        "content": "Hey",
        "status": "COMPLETED",
        "metadata_": labels,
        "metadata": labels,
        "model_provider": "openai",
        "model_name": "gpt-4o",
        **figures,
        "total_tokens": total,
        "created_at": moment,
    }
    del answer["latest_message"], answer["timestamp"], answer["context_usage"]
    assert answer == {
        "message": "Message added successfully",
        "thread_id": thread_id,
        "assistant_id": thread["assistant_id"],
        "run_id": answer["run_id"],
        "message_id": thread["messages"][-1]["message_id"],
        "role": "assistant",
        "content": "Hey",
        "status": "COMPLETED",
        "tool_calls": None,
        "reasoning": None,
        "memory_operation_id": None,
        "retrieved_memories": None,
        "retrieved_files": None,
        "model_provider": "openai",
        "model_name": "gpt-4o",
        **figures,
        "total_tokens": total,
        "cached_input_tokens": 0,
        "cache_write_input_tokens": 0,
        "cost_usd": 0.0,
        "attachments": None,
        "created_at": moment,
    }
    assert datetime.fromisoformat(moment).utcoffset() is not None


@pytest.mark.requirement("backboard.model-of-message")
def test_every_message_may_choose_its_model(client: httpx.Client) -> None:
    answer = say(
        client,
        new_thread(client),
        "Hi",
        llm_provider="openrouter",
        model_name="~anthropic/claude-sonnet:free",
    )
    assert (answer["model_provider"], answer["model_name"]) == (
        "openrouter",
        "~anthropic/claude-sonnet:free",
    )


@pytest.mark.requirement("backboard.model-of-message")
def test_the_system_prompt_and_tools_of_one_turn_are_not_kept(client: httpx.Client) -> None:
    thread_id = new_thread(client, system_prompt="Mine")
    say(client, thread_id, "Hi", system_prompt="Other", tools=[])
    assistant_id = client.get(f"/threads/{thread_id}").json()["assistant_id"]
    assert client.get(f"/assistants/{assistant_id}").json()["system_prompt"] == "Mine"


@pytest.mark.parametrize("flag", ["false", False, "False", "0"])
@pytest.mark.requirement("backboard.kept-only")
def test_a_message_may_only_be_kept(client: httpx.Client, flag: object) -> None:
    thread_id = new_thread(client)
    answer = say(client, thread_id, "Note this", send_to_llm=flag, metadata={"n": 1})
    stored = client.get(f"/threads/{thread_id}").json()["messages"]
    assert [(m["role"], m["content"], m["metadata_"]) for m in stored] == [
        ("user", "Note this", {"n": 1})
    ]
    assert (answer["content"], answer["role"], answer["status"]) == (None, "user", "COMPLETED")
    assert answer["message_id"] == stored[0]["message_id"]
    assert answer["latest_message"]["content"] == "Note this"


@pytest.mark.requirement("backboard.kept-only")
def test_a_message_that_is_only_kept_is_streamed_as_saved(client: httpx.Client) -> None:
    url = f"/threads/{new_thread(client)}/messages"
    events = stream(client, url, data={"content": "x", "stream": "true", "send_to_llm": "false"})
    assert types_of(events) == ["user_message", "message_saved", "run_ended"]
    assert events[-1]["status"] == "completed"


@pytest.mark.parametrize("as_text", [True, False])
def test_metadata_comes_back_with_its_types(client: httpx.Client, as_text: bool) -> None:
    metadata = {"z": 1, "a": [1.5, None, True], "custom_timestamp": "2026-01-17T00:16:04.450Z"}
    thread_id = new_thread(client)
    if as_text:
        data = {"content": "Hi", "metadata": json.dumps(metadata)}
        assert client.post(f"/threads/{thread_id}/messages", data=data).status_code == 200
    else:
        say(client, thread_id, "Hi", metadata=metadata)
    stored = client.get(f"/threads/{thread_id}").json()["messages"][0]["metadata_"]
    assert stored == metadata
    assert list(stored) == ["z", "a", "custom_timestamp"]


def test_an_attached_file_answers_a_question_in_the_same_call(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    answer = client.post(
        f"/threads/{thread_id}/messages",
        data={"content": "What is the launch code?"},
        files=[("files", ("codes.md", b"# Codes\n\nThe launch code is ZEBRA-42."))],
    ).json()
    assert "ZEBRA-42" in answer["content"]
    assert answer["retrieved_files"] == ["codes.md"]
    (attached,) = answer["attachments"]
    assert attached == {
        "document_id": attached["document_id"],
        "filename": "codes.md",
        "status": "indexed",
        "file_size_bytes": 37,
        "summary": "Codes: The launch code is ZEBRA-42.",
    }
    stored = client.get(f"/threads/{thread_id}").json()["messages"][0]
    assert stored["attachments"] == [attached]


def test_a_file_alone_is_a_message(client: httpx.Client) -> None:
    answer = client.post(
        f"/threads/{new_thread(client)}/messages",
        files=[("files", ("a.txt", b"Only this."))],
    )
    assert answer.status_code == 200, answer.text


def test_text_passes_through_to_the_letter(client: httpx.Client) -> None:
    text = "{a} {{b}} %s \\u0041 \u2028 \U0001f600 é\x85 <b>"
    thread_id = new_thread(client)
    say(client, thread_id, text, metadata=script(reply=text))
    assert [content for _, _, content in messages_of(client, thread_id)] == [text, text]


def test_messages_sent_at_once_are_answered_one_after_another(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    url = f"/threads/{thread_id}/messages"
    body = {"metadata": script(reply="a b c d", delay_ms=20)}
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(client.post, url, json={"content": str(n), **body}) for n in range(4)]
        assert [answer.result().status_code for answer in sent] == [200] * 4
    roles = [role for role, _, _ in messages_of(client, thread_id)]
    assert roles == ["user", "assistant"] * 4


def test_a_connection_that_its_client_cannot_use_again_is_closed(client: httpx.Client) -> None:
    """The JavaScript SDK never ends a request with a form, so its programs would not end either."""
    place = f"/threads/{new_thread(client)}/messages"

    def connection(agent: str, **sent: Any) -> Any:
        answer = client.post(place, headers={"User-Agent": agent}, **sent)
        assert answer.status_code == 200, answer.text
        return answer.headers.get("connection")

    form = {"files": {"content": (None, "Hello")}}
    assert connection("backboard-js-sdk/1.5.0", **form) == "close"
    assert connection("backboard-js-sdk/1.5.0", json={"content": "Hello"}) is None
    assert connection("curl/8", **form) is None
