"""Plays the story with Python SDK 1.0.3, the synchronous generation: URL KEY."""

import sys
from importlib.metadata import version

import story
from backboard import (
    BackboardAPIError,
    BackboardClient,
    FunctionDefinition,
    ToolDefinition,
    ToolParameterProperties,
    ToolParameters,
)
from story import Reporter, StreamSummary


def assistants(client, tell):
    made = client.create_assistant(name="Ada", description=story.PROMPT, tools=[story.WEATHER_TOOL])
    tell("created", **story.assistant_facts(made))
    tell("got", **story.assistant_facts(client.get_assistant(made.assistant_id)))
    tell("listed", names=[one.name for one in client.list_assistants(skip=0, limit=10)])
    changed = client.update_assistant(made.assistant_id, description=story.NEW_PROMPT, tools=[])
    tell("updated", **story.assistant_facts(changed))
    tell("deleted", ids=[client.delete_assistant(made.assistant_id)["assistant_id"]])
    tell("listed", names=[one.name for one in client.list_assistants()])


def conversation(client, tell):
    assistant = client.create_assistant(name="Ada")
    thread = client.create_thread(assistant.assistant_id)
    tell("opened", **story.thread_facts(thread))
    reply = client.add_message(
        thread.thread_id, content=story.GREETING, llm_provider="openai", model_name="gpt-4o"
    )
    tell("answered", **story.reply_facts(reply))
    summary = StreamSummary()
    for event in client.add_message(thread.thread_id, content=story.REQUEST, stream=True):
        summary.add(event)
    tell("streamed", **summary.facts())
    tell("got", **story.thread_facts(client.get_thread(thread.thread_id)))
    tell("listed", threads=[story.thread_facts(one) for one in client.list_threads()])
    tell("deleted", ids=[client.delete_thread(thread.thread_id)["thread_id"]])
    tell("listed", threads=client.list_threads())


def tool_calls(client, tell):
    assistant = client.create_assistant(name="Ada", tools=[story.WEATHER_TOOL])
    thread = client.create_thread(assistant.assistant_id)
    paused = client.add_message(thread.thread_id, content=story.QUESTION)
    tell("asked", **story.reply_facts(paused))
    calls = [(call.id, story.arguments_of(call)) for call in paused.tool_calls]
    reply = client.submit_tool_outputs(
        thread.thread_id, paused.run_id, story.weather_outputs(calls)
    )
    tell("answered", **story.reply_facts(reply))
    tell("got", **story.thread_facts(client.get_thread(thread.thread_id)))


def streamed_tool_calls(client, tell):
    assistant = client.create_assistant(name="Ada", tools=[story.WEATHER_TOOL])
    thread = client.create_thread(assistant.assistant_id)
    paused, answered = StreamSummary(), StreamSummary()
    for event in client.add_message(thread.thread_id, content=story.QUESTION, stream=True):
        paused.add(event)
        if event["type"] == "tool_submit_required":
            outputs = story.weather_outputs(story.streamed_calls(event))
            for later in client.submit_tool_outputs(
                thread.thread_id, event["run_id"], outputs, stream=True
            ):
                answered.add(later)
    tell("asked", **paused.facts())
    tell("answered", **answered.facts())
    tell("got", **story.thread_facts(client.get_thread(thread.thread_id)))


def attachment(client, tell):
    thread = client.create_thread(client.create_assistant(name="Ada").assistant_id)
    reply = client.add_message(thread.thread_id, content=story.SUMMARY, files=[story.ATTACHMENT])
    tell("answered", attachments=[story.attachment_facts(vars(one)) for one in reply.attachments])
    summary = StreamSummary()
    for event in client.add_message(
        thread.thread_id, content=story.SUMMARY, files=[story.ATTACHMENT], stream=True
    ):
        summary.add(event)
    tell("streamed", ending=summary.last["type"])
    attached = [one.attachments or [] for one in client.get_thread(thread.thread_id).messages]
    tell("got", attachments=[[story.attachment_facts(vars(it)) for it in one] for one in attached])


def awkward_tools(client, tell):
    written = ToolDefinition(
        function=FunctionDefinition(
            name="find_user",
            description=None,
            parameters=ToolParameters(properties={"name": ToolParameterProperties(type="string")}),
        )
    )
    tools = [story.AWKWARD_TOOL, story.BARE_TOOL, written]
    made = client.create_assistant(name="Ada", tools=tools)
    tell("created", **story.assistant_facts(made))
    tell("got", **story.assistant_facts(client.get_assistant(made.assistant_id)))
    tell("updated", **story.assistant_facts(client.update_assistant(made.assistant_id, name="Bo")))
    again = client.update_assistant(made.assistant_id, tools=made.tools)
    tell("sent_back", **story.assistant_facts(again))
    thread = client.create_thread(made.assistant_id)
    tell("answered", status=client.add_message(thread.thread_id, content="Good morning").status)


def errors(client, tell):
    assistant = client.create_assistant(name="Ada", tools=[story.WEATHER_TOOL])
    thread = client.create_thread(assistant.assistant_id)
    paused = client.add_message(thread.thread_id, content=story.QUESTION)
    done = [thread.thread_id, paused.run_id]
    done.append(story.weather_outputs([(paused.tool_calls[0].id, {"location": "Oslo"})]))
    client.submit_tool_outputs(*done)
    keyless = BackboardClient(api_key="", base_url=client.base_url, timeout=10)
    attempts = {
        "unknown_assistant": lambda: client.get_assistant(story.NOWHERE),
        "invalid_id": lambda: client.get_assistant("invalid_id"),
        "unknown_thread": lambda: client.add_message(story.NOWHERE, content="Hello"),
        "unknown_thread_streamed": lambda: list(
            client.add_message(story.NOWHERE, content="Hello", stream=True)
        ),
        "unknown_run": lambda: client.submit_tool_outputs(thread.thread_id, "{run_id}", done[2]),
        "submitted_twice": lambda: client.submit_tool_outputs(*done),
        "submitted_twice_streamed": lambda: list(client.submit_tool_outputs(*done, stream=True)),
        "empty_name": lambda: client.create_assistant(name=""),
        "empty_message": lambda: client.add_message(thread.thread_id),
        "empty_key": keyless.list_assistants,
    }
    for step, attempt in attempts.items():
        try:
            tell(step, answered=str(attempt()))
        except BackboardAPIError as error:
            tell(step, **story.error_facts(error))


CHAPTERS = (
    assistants,
    conversation,
    tool_calls,
    streamed_tool_calls,
    attachment,
    awkward_tools,
    errors,
)


def main(url, key):
    Reporter("client")(version("backboard-sdk"))
    for chapter in CHAPTERS:
        tell = Reporter(chapter.__name__)
        client = BackboardClient(
            api_key=f"{key}-{chapter.__name__}", base_url=url, timeout=10, max_retries=0
        )
        try:
            chapter(client, tell)
        except Exception:
            tell.broken()


main(*sys.argv[1:])
