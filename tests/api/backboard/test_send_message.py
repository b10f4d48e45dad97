"""`POST /threads/messages` and `POST /threads/tool-outputs`: what newer clients talk through."""

import threading
from typing import Any

import httpx
import pytest

from pegboard.identifiers import new_id
from tests.support.server import Server
from tests.support.steps import WEATHER, messages_of, new_thread, script
from tests.support.stream import stream, text_of, types_of

TIME: dict[str, Any] = {
    "type": "function",
    "function": {"name": "get_time", "parameters": {"type": "object", "properties": {}}},
}


def send(client: httpx.Client, **body: Any) -> dict[str, Any]:
    response = client.post("/threads/messages", json=body)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def outputs(client: httpx.Client, thread_id: str, *calls: str, **fields: Any) -> httpx.Response:
    tool_outputs = [{"tool_call_id": call, "output": "snow"} for call in calls]
    body = {"thread_id": thread_id, "tool_outputs": tool_outputs, **fields}
    return client.post("/threads/tool-outputs", json=body)


def assistants(client: httpx.Client) -> list[tuple[str, str]]:
    return [(one["assistant_id"], one["name"]) for one in client.get("/assistants").json()]


@pytest.mark.requirement("backboard.default-assistant")
def test_without_any_id_a_default_assistant_answers_on_a_new_thread(client: httpx.Client) -> None:
    first = send(client, content="Hello")
    second = send(client, content="Hello again")
    assert first["status"] == second["status"] == "COMPLETED"
    assert first["thread_id"] != second["thread_id"]
    assert first["assistant_id"] == second["assistant_id"]
    assert assistants(client) == [(first["assistant_id"], "Default Assistant")]
    assert len(messages_of(client, first["thread_id"])) == 2


@pytest.mark.requirement("backboard.default-assistant")
def test_first_messages_at_once_make_one_default_assistant(server: Server) -> None:
    key = f"key-{new_id().hex}"
    answers: list[dict[str, Any]] = []

    def speak() -> None:
        with server.client(key) as client:
            answers.append(send(client, content="Hello"))

    speakers = [threading.Thread(target=speak) for _ in range(8)]
    for speaker in speakers:
        speaker.start()
    for speaker in speakers:
        speaker.join()
    with server.client(key) as client:
        ((assistant_id, _),) = assistants(client)
        assert {answer["assistant_id"] for answer in answers} == {assistant_id}
        assert len(client.get("/threads").json()) == len(answers) == 8


def test_a_deleted_default_assistant_is_made_again(client: httpx.Client) -> None:
    first = send(client, content="Hello")["assistant_id"]
    client.delete(f"/assistants/{first}")
    assert send(client, content="Hello")["assistant_id"] != first


def test_nobody_notices_a_default_assistant_that_is_deleted_meanwhile(server: Server) -> None:
    key = f"key-{new_id().hex}"
    refused: list[int] = []

    def delete() -> None:
        with server.client(key) as client:
            for _ in range(15):
                for assistant_id, _ in assistants(client):
                    client.delete(f"/assistants/{assistant_id}")

    def speak() -> None:
        with server.client(key) as client:
            for _ in range(15):
                body = {"content": "Hello", "send_to_llm": "false"}
                refused.append(client.post("/threads/messages", json=body).status_code)

    both = [threading.Thread(target=work) for work in (delete, speak, speak)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert set(refused) == {200}


def test_with_a_thread_the_talk_goes_on_there(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    pinned = client.get(f"/threads/{thread_id}").json()["assistant_id"]
    other = client.post("/assistants", json={"name": "Other"}).json()["assistant_id"]
    send(client, content="Hello", thread_id=thread_id, assistant_id=other)
    again = send(client, content="And again", thread_id=thread_id)
    assert (again["thread_id"], again["assistant_id"]) == (thread_id, pinned)
    assert len(messages_of(client, thread_id)) == 4


def test_with_an_assistant_a_thread_of_its_own_is_opened(client: httpx.Client) -> None:
    made = client.post("/assistants", json={"name": "A", "tools": [WEATHER]}).json()
    answer = send(client, content="What's the weather in Oslo?", assistant_id=made["assistant_id"])
    assert answer["assistant_id"] == made["assistant_id"]
    assert answer["status"] == "REQUIRES_ACTION"
    (thread,) = client.get(f"/assistants/{made['assistant_id']}/threads").json()
    assert thread["thread_id"] == answer["thread_id"]


@pytest.mark.parametrize("field", ["thread_id", "assistant_id"])
def test_ids_that_name_nothing_here(server: Server, client: httpx.Client, field: str) -> None:
    with server.client() as neighbour:
        foreign = send(neighbour, content="Hello")[field]
    for unknown in (foreign, str(new_id())):
        answer = client.post("/threads/messages", json={"content": "Hi", field: unknown})
        assert answer.status_code == 404
        noun = field.removesuffix("_id").capitalize()
        assert answer.json() == {"detail": f"{noun} not found"}
    bad = client.post("/threads/messages", json={"content": "Hi", field: "thread_abc"})
    assert bad.status_code == 422
    assert bad.json()["detail"][0]["loc"] == ["body", field]
    assert client.get("/threads").json() == []


def test_what_is_refused_leaves_no_thread_behind(client: httpx.Client) -> None:
    for body in ({}, {"content": "  "}, {"content": "x", "memory": "Auto", "memory_pro": "Auto"}):
        assert client.post("/threads/messages", json=body).status_code == 400
    assert client.get("/threads").json() == client.get("/assistants").json() == []


@pytest.mark.requirement("backboard.encodings")
def test_every_encoding_is_read(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    place = {"thread_id": thread_id, "content": "Hello"}
    file = [("files", ("a.txt", b"The lighthouse is blue."))]
    nothing: list[Any] = [("ignored", (None, "x"))]
    for request in (
        {"json": place},
        {"data": {**place, "stream": "false", "assistant_id": ""}},
        {"data": place, "files": file},
        {"data": place, "files": nothing},
    ):
        answer = client.post("/threads/messages", **request)
        assert (answer.status_code, answer.json()["thread_id"]) == (200, thread_id), answer.text
    assert len(messages_of(client, thread_id)) == 8


def test_tools_and_prompt_count_for_one_turn_and_the_rounds_of_its_run(
    client: httpx.Client,
) -> None:
    thread_id = new_thread(client, tools=[WEATHER], system_prompt="Be kind")
    question = "What's the weather in Oslo?"
    none = send(client, thread_id=thread_id, content=question, tools=[])
    assert none["status"] == "COMPLETED"
    other = send(client, thread_id=thread_id, content="Use get_time", tools=[TIME])
    assert [call["function"]["name"] for call in other["tool_calls"]] == ["get_time"]
    # In the next round of this run the model has the same tools: get_weather is none of them.
    script_of_two = {"rounds": [{}, {"tool_calls": [{"name": "get_time", "arguments": {}}]}]}
    paused = send(
        client,
        thread_id=thread_id,
        content="Use get_time",
        tools=[TIME],
        metadata={"sandbox": script_of_two},
    )
    again = outputs(client, thread_id, paused["tool_calls"][0]["id"]).json()
    assert again["status"] == "REQUIRES_ACTION"
    assert [call["function"]["name"] for call in again["tool_calls"]] == ["get_time"]
    assert outputs(client, thread_id, again["tool_calls"][0]["id"]).json()["status"] == "COMPLETED"
    own = send(client, thread_id=thread_id, content=question)
    assert [call["function"]["name"] for call in own["tool_calls"]] == ["get_weather"]
    assistant = client.get(f"/assistants/{own['assistant_id']}").json()
    assert (assistant["tools"], assistant["system_prompt"]) == ([WEATHER | {}], "Be kind")


def test_outputs_find_their_run_and_are_taken_once(client: httpx.Client) -> None:
    thread_id = new_thread(client, tools=[WEATHER])
    paused = send(client, thread_id=thread_id, content="What's the weather in Oslo?")
    (call,) = [one["id"] for one in paused["tool_calls"]]
    wrong = outputs(client, thread_id, "call_unknown")
    assert wrong.status_code == 400
    answer = outputs(client, thread_id, call)
    assert answer.json()["status"] == "COMPLETED"
    assert (answer.json()["run_id"], answer.json()["thread_id"]) == (paused["run_id"], thread_id)
    assert "snow" in answer.json()["content"]
    for place in (thread_id, str(new_id())):
        late = outputs(client, place, call)
        assert late.status_code == 404
        assert late.json()["detail"].startswith("Thread not found")


def test_outputs_are_answered_by_a_stream_where_one_is_wanted(client: httpx.Client) -> None:
    thread_id = new_thread(client, tools=[WEATHER])
    paused = send(client, thread_id=thread_id, content="What's the weather in Oslo?")
    body = {
        "thread_id": thread_id,
        "tool_outputs": [{"tool_call_id": paused["tool_calls"][0]["id"], "output": "snow"}],
        "stream": True,
    }
    events = stream(client, "/threads/tool-outputs", json=body)
    assert types_of(events) == [
        "run_continuing",
        "message_start",
        "content_streaming",
        "run_ended",
    ]
    assert "snow" in text_of(events)


def test_outputs_can_ask_for_thinking_in_the_rest_of_the_run(client: httpx.Client) -> None:
    thread_id = new_thread(client, tools=[WEATHER])
    paused = send(client, thread_id=thread_id, content="What's the weather in Oslo?")
    call = paused["tool_calls"][0]["id"]
    answer = outputs(client, thread_id, call, thinking={"effort": "high"}, tools=[TIME]).json()
    assert answer["reasoning"]


def test_a_new_thread_can_be_streamed_and_tells_its_ids(client: httpx.Client) -> None:
    body = {"content": "Hello", "stream": True}
    events = stream(client, "/threads/messages", json=body)
    (thread,) = client.get("/threads").json()
    places = {(event["thread_id"], event["assistant_id"]) for event in events}
    assert places == {(thread["thread_id"], thread["assistant_id"])}


def test_a_message_can_be_kept_on_a_new_thread_without_an_answer(client: httpx.Client) -> None:
    stored = send(client, content="Remember this", send_to_llm="false")
    assert (stored["role"], stored["status"]) == ("user", "COMPLETED")
    assert stored["assistant_id"]
    assert messages_of(client, stored["thread_id"]) == [("user", "COMPLETED", "Remember this")]


@pytest.mark.parametrize(
    ("fields", "feature"),
    [
        ({"voice": {"stt": {}}}, "voice"),
        ({"voice": '{"tts": {}}'}, "voice"),
        ({"image_generation": "auto"}, "image generation"),
        ({"video_generation": "Auto"}, "video generation"),
        ({"system_one": {"questions": {}}}, "System One"),
        ({"operation": "generate_image"}, "direct media generation"),
    ],
)
@pytest.mark.requirement("backboard.not-here")
def test_what_this_server_cannot_do_is_named(
    client: httpx.Client, fields: dict[str, Any], feature: str
) -> None:
    thread_id = new_thread(client)
    for path in ("/threads/messages", f"/threads/{thread_id}/messages"):
        body = {"content": "Hi", "thread_id": thread_id, **fields}
        answer = client.post(path, json=body)
        assert answer.status_code == 501
        assert answer.json() == {"detail": f"This server has no {feature}"}
    assert messages_of(client, thread_id) == []


def test_a_recording_is_not_taken_for_a_file(client: httpx.Client) -> None:
    answer = client.post(
        "/threads/messages",
        data={"content": "Hi"},
        files=[("audio_file", ("a.wav", b"RIFF"))],
    )
    assert (answer.status_code, answer.json()["detail"]) == (501, "This server has no voice")


def test_toggles_that_are_off_are_ignored(client: httpx.Client) -> None:
    off = {
        "voice": None,
        "image_generation": "off",
        "image_model_name": "x",
        "video_generation": "OFF",
        "video_config": None,
        "system_one": None,
        "operation": "chat",
        "thinking": None,
        "web_search": "off",
    }
    assert send(client, content="Hi", **off)["status"] == "COMPLETED"
    form = {name: "" if value is None else value for name, value in off.items()}
    assert client.post("/threads/messages", data={"content": "Hi", **form}).status_code == 200


@pytest.mark.parametrize(
    ("path", "feature"),
    [("realtime", "realtime sessions"), ("messages", "voice sessions")],
)
def test_sessions_over_websockets_are_refused(server: Server, path: str, feature: str) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    with server.client() as client:
        answer = client.get(f"/threads/{path}", headers=upgrade)
    assert (answer.status_code, answer.json()) == (501, {"detail": f"This server has no {feature}"})


def test_a_script_still_reaches_the_model(client: httpx.Client) -> None:
    assert send(client, content="Hi", metadata=script(reply="Forty-two"))["content"] == "Forty-two"
