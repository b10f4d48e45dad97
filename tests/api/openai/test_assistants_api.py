"""Assistants, threads, messages and runs at OpenAI's API, through the published SDK."""

import base64
import json
import re
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai import AssistantEventHandler, OpenAI

from pegboard.identifiers import new_id
from tests.support.deadlines import patience
from tests.support.postgres import query
from tests.support.provider import running_provider
from tests.support.sdk import scene, sdk
from tests.support.server import Server
from tests.support.steps import WEATHER

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

QUESTION = "What's the weather in Oslo?"
OUTPUT = "snow"
_ID = re.compile(r"(asst|thread|msg|run|step|call)_[A-Za-z0-9]+$")


@pytest.fixture
def client(server: Server) -> Iterator[OpenAI]:
    with sdk(server) as opened:
        yield opened


def http(client: OpenAI) -> httpx.Client:
    """The same tenant without the SDK, for bodies that it would not send."""
    headers = {"Authorization": f"Bearer {client.api_key}", "OpenAI-Beta": "assistants=v2"}
    return httpx.Client(base_url=str(client.base_url), headers=headers, timeout=patience(30))


def weather_assistant(client: OpenAI) -> str:
    tools: Any = [WEATHER]
    return client.beta.assistants.create(model="gpt-4o", name="W", tools=tools).id


def ready_thread(client: OpenAI, content: str = QUESTION) -> str:
    return client.beta.threads.create(messages=[{"role": "user", "content": content}]).id


def paused(client: OpenAI) -> Any:
    run = client.beta.threads.runs.create_and_poll(
        thread_id=ready_thread(client), assistant_id=weather_assistant(client)
    )
    assert run.status == "requires_action"
    return run


def outputs(run: Any, text: str = OUTPUT) -> Any:
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [{"tool_call_id": call.id, "output": text} for call in calls]


def test_an_assistant_is_made_changed_listed_and_deleted(client: OpenAI) -> None:
    made = client.beta.assistants.create(
        model="gpt-4o",
        name="Ada",
        description="Counts",
        instructions="Count",
        tools=[{"type": "file_search"}, {"type": "function", "function": {"name": "f"}}],
        metadata={"a": "1"},
        temperature=0.5,
        response_format={"type": "json_object"},
    )
    assert _ID.fullmatch(made.id)
    assert (made.object, made.model, made.top_p, made.temperature) == (
        "assistant",
        "gpt-4o",
        1,
        0.5,
    )
    assert [tool.to_dict() for tool in made.tools] == [
        {
            "type": "file_search",
            "file_search": {
                "ranking_options": {"ranker": "default_2024_08_21", "score_threshold": 0.0}
            },
        },
        {
            "type": "function",
            "function": {
                "name": "f",
                "parameters": {"type": "object", "properties": {}},
                "strict": False,
            },
        },
    ]
    assert client.beta.assistants.retrieve(made.id) == made
    changed = client.beta.assistants.update(made.id, name="Bob", metadata={"b": "2"}, tools=[])
    assert (changed.name, changed.metadata, changed.tools) == ("Bob", {"b": "2"}, [])
    assert (changed.instructions, changed.temperature) == ("Count", 0.5)
    others = [client.beta.assistants.create(model="m").id for _ in range(4)]
    assert [one.id for one in client.beta.assistants.list(limit=2)] == [*others[::-1], made.id]
    assert next(one.id for one in client.beta.assistants.list(limit=2, order="asc")) == made.id
    for one in client.beta.assistants.list(limit=2):
        assert client.beta.assistants.delete(one.id).deleted
    with pytest.raises(openai.NotFoundError, match=f"No assistant found with id '{made.id}'"):
        client.beta.assistants.delete(made.id)


def test_threads_and_messages_are_kept_as_they_are_given(client: OpenAI) -> None:
    thread = client.beta.threads.create(
        metadata={"k": "v"},
        messages=[
            {"role": "user", "content": "One"},
            {"role": "assistant", "content": "Two", "metadata": {"m": "1"}},
        ],
    )
    picture: Any = {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}
    third = client.beta.threads.messages.create(
        thread.id, role="user", content=[{"type": "text", "text": "Three"}, picture]
    )
    assert (third.status, third.run_id, third.assistant_id) == ("completed", None, None)
    listed = client.beta.threads.messages.list(thread.id, order="asc").data
    assert [(one.role, one.content[0].text.value) for one in listed] == [  # type: ignore[union-attr]
        ("user", "One"),
        ("assistant", "Two"),
        ("user", "Three"),
    ]
    assert listed[2].content[1].to_dict() == {
        "type": "image_url",
        "image_url": {"url": "https://a.example/b.png", "detail": "auto"},
    }
    assert client.beta.threads.messages.list(thread.id).data[0].id == third.id
    changed = client.beta.threads.messages.update(
        third.id, thread_id=thread.id, metadata={"x": "y"}
    )
    assert changed.metadata == {"x": "y"}
    assert client.beta.threads.messages.delete(third.id, thread_id=thread.id).deleted
    page = client.beta.threads.messages.list(thread.id, after=third.id, limit=1)
    assert [one.id for one in page.data] == [listed[1].id]  # a deleted cursor keeps its place
    assert client.beta.threads.update(thread.id, metadata={}).metadata == {}
    assert client.beta.threads.delete(thread.id).deleted
    with pytest.raises(openai.NotFoundError, match=f"No thread found with id '{thread.id}'"):
        client.beta.threads.retrieve(thread.id)


def test_a_run_is_queued_then_answers_with_a_message_and_a_step(client: OpenAI) -> None:
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be kind").id
    thread_id = ready_thread(client, "Hello")
    begun = client.beta.threads.runs.create(
        thread_id=thread_id, assistant_id=assistant, metadata={"k": "v"}, temperature=0.2
    )
    assert (begun.status, begun.usage, begun.started_at) == ("queued", None, None)
    assert begun.expires_at == begun.created_at + 600
    run = client.beta.threads.runs.poll(begun.id, thread_id=thread_id)
    assert (run.status, run.expires_at, run.last_error) == ("completed", None, None)
    assert (run.instructions, run.temperature, run.metadata) == ("Be kind", 0.2, {"k": "v"})
    newest = client.beta.threads.messages.list(thread_id, run_id=run.id).data[0]
    assert (newest.role, newest.run_id, newest.assistant_id) == ("assistant", run.id, assistant)
    (step,) = client.beta.threads.runs.steps.list(run.id, thread_id=thread_id).data
    assert step.step_details.to_dict() == {
        "type": "message_creation",
        "message_creation": {"message_id": newest.id},
    }
    assert (step.status, step.type) == ("completed", "message_creation")
    assert run.usage is not None
    assert step.usage is not None
    assert step.usage.total_tokens == run.usage.total_tokens > 0
    assert (
        client.beta.threads.runs.steps.retrieve(step.id, run_id=run.id, thread_id=thread_id) == step
    )
    assert [one.id for one in client.beta.threads.runs.list(thread_id)] == [run.id]


@pytest.mark.requirement("tools.pause")
def test_tools_are_called_answered_and_told_as_steps(client: OpenAI) -> None:
    run = paused(client)
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    assert json.loads(call.function.arguments)["location"]
    waiting = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
    assert [(one.type, one.status) for one in waiting] == [("tool_calls", "in_progress")]
    ended = client.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs(run)
    )
    assert (ended.status, ended.required_action) == ("completed", None)
    steps = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc").data
    assert [(one.type, one.status) for one in steps] == [
        ("tool_calls", "completed"),
        ("message_creation", "completed"),
    ]
    called: Any = steps[0].step_details
    assert (called.tool_calls[0].function.output, steps[0].id) == (OUTPUT, waiting[0].id)
    answers = client.beta.threads.messages.list(run.thread_id).data
    assert [one.role for one in answers] == ["assistant", "user"]  # calls are no messages
    assert OUTPUT in answers[0].content[0].text.value  # type: ignore[union-attr]
    assert ended.usage is not None
    assert ended.usage.total_tokens == sum(one.usage.total_tokens for one in steps if one.usage)


def test_a_run_that_goes_on_tells_when_it_was_started(client: OpenAI) -> None:
    run, streamed = paused(client), paused(client)
    assert run.started_at is not None
    submit = client.beta.threads.runs.submit_tool_outputs
    again = submit(run.id, thread_id=run.thread_id, tool_outputs=outputs(run))
    assert (again.status, again.started_at) == ("queued", run.started_at)
    events = submit(
        streamed.id, thread_id=streamed.thread_id, tool_outputs=outputs(streamed), stream=True
    )
    data_of = {event.event: event.data for event in events}
    queued: Any = data_of["thread.run.queued"]
    assert (queued.status, queued.started_at) == ("queued", streamed.started_at)


@pytest.mark.requirement("streams.same-as-unstreamed")
def test_what_a_slow_stream_ends_with_is_what_is_kept(client: OpenAI) -> None:
    thread_id = ready_thread(client, "Hello")
    slowly = scene(reply="One two", delay_ms=600)  # so that each moment is of another second
    data_of = {
        event.event: event.data
        for event in client.beta.threads.runs.create(
            thread_id=thread_id,
            assistant_id=client.beta.assistants.create(model="gpt-4o").id,
            metadata=slowly,
            stream=True,
        )
    }
    run: Any = data_of["thread.run.completed"]
    message: Any = data_of["thread.message.completed"]
    step: Any = data_of["thread.run.step.completed"]
    runs, messages = client.beta.threads.runs, client.beta.threads.messages
    assert run == runs.retrieve(run.id, thread_id=thread_id)
    assert message == messages.retrieve(message.id, thread_id=thread_id)
    assert step == runs.steps.retrieve(step.id, run_id=run.id, thread_id=thread_id)


@pytest.mark.requirement("streams.order")
def test_a_stream_tells_everything_in_the_recorded_order(client: OpenAI) -> None:
    thread_id = ready_thread(client, "Hello")
    assistant = client.beta.assistants.create(model="gpt-4o").id
    stream = client.beta.threads.runs.create(
        thread_id=thread_id, assistant_id=assistant, stream=True, metadata=scene(reply="One two")
    )
    events = list(stream)
    assert [event.event for event in events] == [
        "thread.run.created",
        "thread.run.queued",
        "thread.run.in_progress",
        "thread.run.step.created",
        "thread.run.step.in_progress",
        "thread.message.created",
        "thread.message.in_progress",
        "thread.message.delta",
        "thread.message.delta",
        "thread.message.completed",
        "thread.run.step.completed",
        "thread.run.completed",
    ]
    first, last = events[0].data, events[-1].data
    stored = client.beta.threads.runs.retrieve(first.id, thread_id=thread_id)  # type: ignore[union-attr]
    assert last == stored
    message: Any = events[-3].data
    assert message == client.beta.threads.messages.retrieve(message.id, thread_id=thread_id)
    step: Any = events[-2].data
    stored_step = client.beta.threads.runs.steps.retrieve(
        step.id, run_id=stored.id, thread_id=thread_id
    )
    assert step.to_dict() | {"expires_at": None} == stored_step.to_dict() | {"expires_at": None}


def test_outputs_can_be_sent_from_within_the_stream(client: OpenAI) -> None:
    assistant, thread_id = weather_assistant(client), ready_thread(client)

    class Answering(AssistantEventHandler):
        names: list[str] = []  # noqa: RUF012  one handler is one stream
        texts: list[str] = []  # noqa: RUF012

        def on_event(self, event: Any) -> None:
            self.names.append(event.event)
            if event.event == "thread.run.requires_action":
                with client.beta.threads.runs.submit_tool_outputs_stream(
                    run_id=event.data.id,
                    thread_id=thread_id,
                    tool_outputs=outputs(event.data),
                    event_handler=Ending(),
                ) as stream:
                    stream.until_done()

    class Ending(AssistantEventHandler):
        def on_event(self, event: Any) -> None:
            Answering.names.append(event.event)

        def on_text_done(self, text: Any) -> None:
            Answering.texts.append(text.value)

    with client.beta.threads.runs.stream(
        thread_id=thread_id, assistant_id=assistant, event_handler=Answering()
    ) as stream:
        stream.until_done()
    assert [name for name in Answering.names if "delta" not in name] == [
        "thread.run.created",
        "thread.run.queued",
        "thread.run.in_progress",
        "thread.run.step.created",
        "thread.run.step.in_progress",
        "thread.run.requires_action",
        "thread.run.step.completed",
        "thread.run.queued",
        "thread.run.in_progress",
        "thread.run.step.created",
        "thread.run.step.in_progress",
        "thread.message.created",
        "thread.message.in_progress",
        "thread.message.completed",
        "thread.run.step.completed",
        "thread.run.completed",
    ]
    assert OUTPUT in Answering.texts[0]


def test_a_thread_and_its_run_are_made_in_one_call(client: OpenAI) -> None:
    body: Any = {"messages": [{"role": "user", "content": "Hello"}], "metadata": {"k": "v"}}
    assistant = client.beta.assistants.create(model="gpt-4o").id
    run = client.beta.threads.create_and_run_poll(assistant_id=assistant, thread=body)
    assert run.status == "completed"
    assert client.beta.threads.retrieve(run.thread_id).metadata == {"k": "v"}
    events = list(
        client.beta.threads.create_and_run(assistant_id=assistant, thread=body, stream=True)
    )
    assert events[0].event == "thread.created"
    assert events[-1].event == "thread.run.completed"


@pytest.mark.requirement("access.one-tenant-both-apis")
def test_one_thread_is_seen_through_both_apis(client: OpenAI, server: Server) -> None:
    thread_id = ready_thread(client, "My name is Sarah")
    with server.client(client.api_key) as backboard:
        (thread,) = backboard.get("/threads").json()
        assert thread["assistant_id"] is None
        path = f"/threads/{thread['thread_id']}/messages"
        answer = backboard.post(path, json={"content": "What is my name?"}).json()
        assert "Sarah" in answer["content"]
        assert [one["name"] for one in backboard.get("/assistants").json()] == ["Default Assistant"]
        messages = client.beta.threads.messages.list(thread_id, order="asc").data
        assert [one.role for one in messages] == ["user", "user", "assistant"]
        run = client.beta.threads.runs.create_and_poll(
            thread_id=thread_id, assistant_id=weather_assistant(client), metadata=scene(reply="Hi")
        )
        assert run.status == "completed"
        last = backboard.get(f"/threads/{thread['thread_id']}").json()["messages"][-1]
        assert (last["role"], last["content"]) == ("assistant", "Hi")
        # The assistant of the other API is shown there without what it has no word for.
        client.beta.assistants.create(model="m", tools=[{"type": "code_interpreter"}], name="C")
        named = backboard.get("/assistants", params={"name": "C"}).json()
        assert named[0]["tools"] == []


def test_deleting_an_assistant_leaves_its_threads(client: OpenAI, server: Server) -> None:
    with server.client(client.api_key) as backboard:
        made = backboard.post("/assistants", json={"name": "A"}).json()["assistant_id"]
        thread = backboard.post(f"/assistants/{made}/threads", json={}).json()["thread_id"]
        backboard.post(f"/threads/{thread}/messages", json={"content": "Hello"})
        (assistant,) = client.beta.assistants.list().data
        client.beta.assistants.delete(assistant.id)
        remaining = backboard.get(f"/threads/{thread}").json()
        assert (remaining["assistant_id"], len(remaining["messages"])) == (None, 2)


@pytest.mark.requirement("runs.one-a-thread")
def test_a_thread_with_a_run_takes_nothing_else_at_either_api(
    client: OpenAI, server: Server
) -> None:
    run = paused(client)
    where = (run.thread_id, run.id)
    with pytest.raises(openai.BadRequestError) as adding:
        client.beta.threads.messages.create(run.thread_id, role="user", content="More")
    assert adding.value.body is not None
    assert "Can't add messages to {} while a run {} is active.".format(*where) in str(adding.value)
    assert adding.value.code is None
    with pytest.raises(openai.BadRequestError) as second:
        client.beta.threads.runs.create(
            thread_id=run.thread_id, assistant_id=run.assistant_id, additional_messages=[]
        )
    assert "Thread {} already has an active run {}.".format(*where) in str(second.value)
    ended = client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    assert ended.status == "cancelling"
    assert client.beta.threads.runs.poll(run.id, thread_id=run.thread_id).status == "cancelled"
    (step,) = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
    assert (step.status, step.cancelled_at is not None) == ("cancelled", True)
    with pytest.raises(openai.BadRequestError, match="Cannot cancel run with status 'cancelled'"):
        client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    assert client.beta.threads.messages.create(run.thread_id, role="user", content="More")


@pytest.mark.requirement("runs.one-a-thread")
def test_eight_runs_at_once_begin_one(server: Server, client: OpenAI) -> None:
    assistant, thread_id = weather_assistant(client), ready_thread(client)
    answers: list[str] = []

    def begin() -> None:
        with sdk(server, client.api_key) as other:
            try:
                other.beta.threads.runs.create(thread_id=thread_id, assistant_id=assistant)
                answers.append("begun")
            except openai.BadRequestError as refused:
                answers.append(refused.message)

    beginners = [threading.Thread(target=begin) for _ in range(8)]
    for beginner in beginners:
        beginner.start()
    for beginner in beginners:
        beginner.join()
    assert answers.count("begun") == 1
    assert all("already has an active run" in answer for answer in answers if answer != "begun")


@pytest.mark.parametrize("wrong", ["missing", "unknown", "twice", "early"])
@pytest.mark.requirement("tools.outputs-once")
def test_outputs_that_do_not_fit_change_nothing(client: OpenAI, wrong: str) -> None:
    run = paused(client)
    right = outputs(run)
    (call,) = [one["tool_call_id"] for one in right]

    def submit(tool_outputs: Any) -> Any:
        return client.beta.threads.runs.submit_tool_outputs(
            run.id, thread_id=run.thread_id, tool_outputs=tool_outputs
        )

    if wrong in {"missing", "unknown"}:
        tool_outputs: Any = (
            [] if wrong == "missing" else [{"tool_call_id": "call_x", "output": "x"}]
        )
        given = [one["tool_call_id"] for one in tool_outputs]
        with pytest.raises(openai.BadRequestError) as refused:
            submit(tool_outputs)
        assert f"Expected tool outputs for call_ids ['{call}'], got {given}" in str(refused.value)
        assert submit(right).status == "queued"
    else:
        submit(right)
        ended = client.beta.threads.runs.poll(run.id, thread_id=run.thread_id)
        with pytest.raises(openai.BadRequestError) as late:
            submit(right)
        words = f'Runs in status "{ended.status}" do not accept tool outputs.'
        assert words in str(late.value)


@pytest.mark.requirement("runs.cancel")
def test_a_streamed_run_that_is_cancelled_keeps_what_it_said(
    client: OpenAI, server: Server
) -> None:
    thread_id = ready_thread(client, "Count")
    assistant = client.beta.assistants.create(model="gpt-4o").id
    slow: Any = {"sandbox": json.dumps({"reply": "one " * 60, "delay_ms": 20})}
    stream = client.beta.threads.runs.create(
        thread_id=thread_id, assistant_id=assistant, stream=True, metadata=slow
    )
    events: list[Any] = []
    for event in stream:
        events.append(event)
        if [one.event for one in events].count("thread.message.delta") == 2 and len(events) < 12:
            with sdk(server, client.api_key) as other:
                other.beta.threads.runs.cancel(events[0].data.id, thread_id=thread_id)
    assert [one.event for one in events if "delta" not in one.event][-4:] == [
        "thread.run.cancelling",
        "thread.message.incomplete",
        "thread.run.step.cancelled",
        "thread.run.cancelled",
    ]
    (answer, _) = client.beta.threads.messages.list(thread_id).data
    assert (answer.status, answer.incomplete_details.reason) == ("incomplete", "run_cancelled")  # type: ignore[union-attr]
    assert answer.content[0].text.value.startswith("one one")  # type: ignore[union-attr]


@pytest.mark.requirement("runs.failure-kept")
def test_failures_end_the_run_not_the_request(client: OpenAI) -> None:
    assistant = client.beta.assistants.create(model="gpt-4o").id
    for status, code in ((429, "rate_limit_exceeded"), (503, "server_error")):
        run = client.beta.threads.runs.create_and_poll(
            thread_id=ready_thread(client),
            assistant_id=assistant,
            metadata=scene(error={"status": status, "after": 0}),
        )
        assert run.status == "failed"
        assert run.last_error is not None
        assert run.last_error.code == code
        assert run.failed_at is not None
        assert client.beta.threads.messages.list(run.thread_id).data[0].role == "user"


@pytest.mark.requirement("openai.run-options")
def test_budgets_count_over_the_whole_run(client: OpenAI) -> None:
    assistant = client.beta.assistants.create(model="gpt-4o").id
    run = client.beta.threads.runs.create_and_poll(
        thread_id=ready_thread(client),
        assistant_id=assistant,
        max_completion_tokens=3,
        metadata=scene(reply="one two three four five six seven"),
    )
    assert (run.status, run.incomplete_details.reason) == (  # type: ignore[union-attr]
        "incomplete",
        "max_completion_tokens",
    )
    assert run.usage is not None
    assert run.usage.completion_tokens <= 3
    (message, _) = client.beta.threads.messages.list(run.thread_id).data
    assert (message.status, message.incomplete_details.reason) == ("incomplete", "max_tokens")  # type: ignore[union-attr]


@pytest.mark.requirement("openai.run-options", "openai.code-interpreter")
def test_run_options_replace_the_assistants_own(client: OpenAI) -> None:
    assistant = client.beta.assistants.create(
        model="gpt-4o", instructions="Base", tools=[{"type": "code_interpreter"}]
    ).id
    thread_id = ready_thread(client, "Hello")
    with pytest.raises(openai.BadRequestError) as refused:
        client.beta.threads.runs.create(thread_id=thread_id, assistant_id=assistant)
    assert (refused.value.code, refused.value.param) == ("unsupported_tool", "tools")
    tools: Any = [WEATHER]
    run = client.beta.threads.runs.create_and_poll(
        thread_id=thread_id,
        assistant_id=assistant,
        model="anthropic/claude-sonnet-4-5",
        additional_instructions="More",
        additional_messages=[{"role": "user", "content": QUESTION}],
        tools=tools,
        tool_choice="none",
        truncation_strategy={"type": "last_messages", "last_messages": 1},
        parallel_tool_calls=False,
    )
    assert run.status == "completed"
    assert (run.instructions, run.model) == ("Base\n\nMore", "anthropic/claude-sonnet-4-5")
    assert run.truncation_strategy is not None
    assert run.truncation_strategy.last_messages == 1
    assert (run.tool_choice, run.parallel_tool_calls) == ("none", False)
    messages = client.beta.threads.messages.list(thread_id).data
    assert [one.role for one in messages] == ["assistant", "user", "user"]


def test_a_run_needs_something_to_answer(client: OpenAI) -> None:
    empty = client.beta.threads.create().id
    bare = client.beta.assistants.create(model="gpt-4o").id
    with pytest.raises(
        openai.BadRequestError, match="requires a Thread with a user message"
    ) as none:
        client.beta.threads.runs.create(thread_id=empty, assistant_id=bare)
    assert none.value.code == "invalid_thread"
    instructed = client.beta.assistants.create(model="gpt-4o", instructions="Greet").id
    run = client.beta.threads.runs.create_and_poll(thread_id=empty, assistant_id=instructed)
    assert run.status == "completed"


@pytest.mark.parametrize(
    ("method", "path", "body", "message", "code"),
    [
        (
            "POST",
            "/assistants",
            {},
            "Missing required parameter: 'model'.",
            "missing_required_parameter",
        ),
        (
            "POST",
            "/assistants",
            {"model": "m", "metadata": {str(n): "x" for n in range(17)}},
            "Invalid 'metadata': too many properties. Expected an object with at most 16 "
            "properties, but got an object with 17 properties instead.",
            "object_above_max_properties",
        ),
        (
            "POST",
            "/assistants",
            {"model": "m", "metadata": {"modified": True}},
            "Invalid type for 'metadata.modified': expected a string, but got a boolean instead.",
            "invalid_type",
        ),
        ("POST", "/assistants", {"model": "m", "name": "n" * 257}, None, "string_above_max_length"),
        ("POST", "/assistants", {"model": "m", "temperature": 3}, None, "invalid_value"),
        (
            "POST",
            "/assistants",
            {"model": "m", "tools": [{"type": "browse"}]},
            None,
            "invalid_value",
        ),
        (
            "GET",
            "/assistants?limit=101",
            None,
            "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 "
            "instead.",
            "integer_above_max_value",
        ),
        ("GET", "/assistants?limit=0", None, None, "integer_below_min_value"),
        ("GET", "/assistants?order=up", None, None, "invalid_value"),
        ("GET", "/assistants?after=undefined", None, None, "invalid_value"),
        (
            "POST",
            "/threads",
            {"messages": [{"role": "king", "content": "x"}]},
            None,
            "invalid_value",
        ),
        (
            "POST",
            "/threads",
            {"messages": [{"role": "user", "content": ""}]},
            None,
            "invalid_value",
        ),
        ("POST", "/threads", {"messages": "x"}, None, "invalid_type"),
        (
            "GET",
            "/threads/undefined",
            None,
            "Invalid 'thread_id': 'undefined'. Expected an ID that begins with 'thread'.",
            "invalid_value",
        ),
        (
            "POST",
            "/threads/runs",
            {},
            "Missing required parameter: 'assistant_id'.",
            "missing_required_parameter",
        ),
    ],
)
@pytest.mark.requirement("openai.errors")
def test_what_is_wrong_is_said_in_openais_words(
    client: OpenAI, method: str, path: str, body: Any, message: str | None, code: str
) -> None:
    with http(client) as raw:
        answer = raw.request(method, path.removeprefix("/"), json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (400, "invalid_request_error")
    assert error["code"] == code
    assert message in {None, error["message"]}


def test_bodies_may_be_missing_empty_or_full_of_unknown_keys(client: OpenAI) -> None:
    with http(client) as raw:
        requests: list[dict[str, Any]] = [
            {},
            {"content": b""},
            {"json": {}},
            {"json": {"unknown": 1, "messages": None, "metadata": None}},
        ]
        for request in requests:
            answer = raw.post("threads", **request)
            assert (answer.status_code, answer.json()["object"]) == (200, "thread"), answer.text


@pytest.mark.requirement("tenants.foreign-is-missing")
def test_foreign_and_missing_objects_look_the_same(server: Server, client: OpenAI) -> None:
    run = paused(client)
    with sdk(server) as stranger, http(stranger) as raw:
        own = ready_thread(stranger)
        missing = {"thread": f"thread_{'0' * 24}", "run": f"run_{'0' * 24}", "asst": "asst_x"}
        real = {"thread": run.thread_id, "run": run.id, "asst": run.assistant_id}
        for path in (
            "GET assistants/{asst}",
            "DELETE assistants/{asst}",
            "GET threads/{thread}",
            "POST threads/{thread}/messages",
            "GET threads/{thread}/runs/{run}",
            f"GET threads/{own}/runs/{{run}}",
            f"POST threads/{own}/runs",
            "POST threads/{thread}/runs/{run}/cancel",
            "POST threads/{thread}/runs/{run}/submit_tool_outputs",
            "GET threads/{thread}/runs/{run}/steps",
        ):
            method, _, template = path.partition(" ")
            refusals = []
            for ids in (real, missing):
                body: dict[str, Any] = {
                    "role": "user",
                    "content": "x",
                    "assistant_id": ids["asst"],
                    "tool_outputs": [],
                }
                answer = raw.request(method, template.format(**ids), json=body)
                assert answer.status_code == 404, (path, answer.text)
                text = answer.text
                for value in ids.values():
                    text = text.replace(value, "X")
                refusals.append(text)
            assert refusals[0] == refusals[1]


@pytest.mark.requirement("runs.expire")
def test_a_run_that_is_not_answered_in_time_expires(
    client: OpenAI, server: Server, database_url: str
) -> None:
    run = paused(client)
    with server.client(client.api_key) as backboard:
        (thread,) = backboard.get("/threads").json()
    query(
        database_url,
        "UPDATE runs SET expires_at = now() - interval '1 second' "
        "WHERE thread_id = CAST(:t AS uuid)",
        t=thread["thread_id"],
    )
    ended = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    while ended.status == "requires_action":
        ended = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    assert (ended.status, ended.expires_at is not None) == ("expired", True)
    (step,) = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
    assert step.status == "expired"
    with pytest.raises(openai.BadRequestError, match='Runs in status "expired" do not accept'):
        client.beta.threads.runs.submit_tool_outputs(
            run.id, thread_id=run.thread_id, tool_outputs=outputs(run)
        )
    assert client.beta.threads.messages.create(run.thread_id, role="user", content="Hello again")


@pytest.mark.requirement("openai.ids")
def test_ids_keep_their_shape(client: OpenAI) -> None:
    run = paused(client)
    (step,) = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
    for public_id in (run.id, run.thread_id, run.assistant_id, step.id):
        assert _ID.fullmatch(public_id), public_id
    assert new_id().hex not in run.id


@pytest.mark.requirement("openai.code-interpreter")
def test_code_interpreter_is_dropped_where_the_operator_says_so(start: Any) -> None:
    server = start(PEGBOARD_CODE_INTERPRETER="drop")
    with sdk(server) as client:
        assistant = client.beta.assistants.create(
            model="gpt-4o", tools=[{"type": "code_interpreter"}]
        ).id
        thread_id = ready_thread(client, "Hello")
        response = client.beta.threads.runs.with_raw_response.create(
            thread_id=thread_id, assistant_id=assistant
        )
        assert response.headers["x-pegboard-dropped-tools"] == "code_interpreter"
        run = client.beta.threads.runs.poll(response.parse().id, thread_id=thread_id)
        assert (run.status, [tool.type for tool in run.tools]) == (
            "completed",
            ["code_interpreter"],
        )
        with pytest.raises(openai.BadRequestError) as forced:
            client.beta.threads.runs.create(
                thread_id=thread_id,
                assistant_id=assistant,
                tool_choice={"type": "code_interpreter"},
            )
        assert (forced.value.param, forced.value.code) == ("tool_choice", "unsupported_tool")


PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def test_pictures_that_are_files_reach_a_model_as_bytes(start: Any) -> None:
    with running_provider() as provider:
        server = start(PEGBOARD_SANDBOX="auto", OPENAI_API_KEY="sk-x", OPENAI_BASE_URL=provider.url)
        with sdk(server) as client:
            shown = client.files.create(file=("a.png", PNG), purpose="vision").id
            forged = client.files.create(file=("b.png", b"no picture"), purpose="vision").id
            parts: Any = [
                {"type": "text", "text": "What is this?"},
                *(
                    {"type": "image_file", "image_file": {"file_id": one, "detail": "low"}}
                    for one in (shown, forged)
                ),
            ]
            thread = client.beta.threads.create(messages=[{"role": "user", "content": parts}])
            run = client.beta.threads.runs.create_and_poll(
                thread_id=thread.id,
                assistant_id=client.beta.assistants.create(model="says-hello").id,
            )
            assert run.status == "completed"
            data = "data:image/png;base64," + base64.b64encode(PNG).decode()
            assert provider.last()["messages"][-1]["content"] == [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": data, "detail": "low"}},
            ]
            content = client.beta.threads.messages.list(thread.id, order="asc").data[0].content
            assert [part.type for part in content] == ["text", "image_file", "image_file"]
            assert content[1].image_file.file_id == shown  # type: ignore[union-attr]


def test_a_picture_that_is_none_is_refused(server: Server, client: OpenAI) -> None:
    def say(file_id: str) -> None:
        part: Any = {"type": "image_file", "image_file": {"file_id": file_id}}
        client.beta.threads.create(messages=[{"role": "user", "content": [part]}])

    with sdk(server) as stranger:
        foreign = stranger.files.create(file=("a.png", PNG), purpose="vision").id
    with pytest.raises(openai.NotFoundError):
        say(foreign)
    notes = client.files.create(file=("notes.txt", b"words"), purpose="assistants").id
    with pytest.raises(openai.BadRequestError, match="Invalid image file"):
        say(notes)
    bare: Any = [{"type": "image_file"}]
    with pytest.raises(openai.BadRequestError, match="image_file"):
        client.beta.threads.create(messages=[{"role": "user", "content": bare}])


def test_pictures_of_a_message_reach_a_model(start: Any) -> None:
    with running_provider() as provider:
        server = start(PEGBOARD_SANDBOX="auto", OPENAI_API_KEY="sk-x", OPENAI_BASE_URL=provider.url)
        with sdk(server) as client:
            picture: Any = {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}
            content: Any = [{"type": "text", "text": "What is this?"}, picture]
            thread = client.beta.threads.create(messages=[{"role": "user", "content": content}])
            run = client.beta.threads.runs.create_and_poll(
                thread_id=thread.id,
                assistant_id=client.beta.assistants.create(model="says-hello").id,
            )
            assert run.status == "completed"
            assert provider.last()["messages"][-1]["content"][1] == {
                "type": "image_url",
                "image_url": {"url": "https://a.example/b.png", "detail": "auto"},
            }
