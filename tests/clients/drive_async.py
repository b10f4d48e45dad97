"""Plays the story with the Python SDKs from 1.3.3 on, the asynchronous generation: URL KEY.

What only newer releases can do is done where the signature of the method says so.
"""

import asyncio
import inspect
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


def takes(method, argument):
    return argument in inspect.signature(method).parameters


async def hear(stream):
    summary = StreamSummary()
    async for event in await stream:
        summary.add(event)
    return summary


async def assistants(client, tell):
    made = await client.create_assistant(
        name="Ada", description=story.PROMPT, tools=[story.WEATHER_TOOL]
    )
    tell("created", **story.assistant_facts(made))
    tell("got", **story.assistant_facts(await client.get_assistant(made.assistant_id)))
    tell("listed", names=[one.name for one in await client.list_assistants(skip=0, limit=10)])
    prompted = takes(client.update_assistant, "system_prompt")
    change = {"system_prompt" if prompted else "description": story.NEW_PROMPT}
    changed = await client.update_assistant(made.assistant_id, tools=[], **change)
    tell("updated", **story.assistant_facts(changed))
    deleted = await client.delete_assistant(made.assistant_id)
    tell("deleted", ids=[deleted["assistant_id"]])
    tell("listed", names=[one.name for one in await client.list_assistants()])


async def conversation(client, tell):
    assistant = await client.create_assistant(name="Ada")
    thread = await client.create_thread(assistant.assistant_id)
    tell("opened", **story.thread_facts(thread))
    reply = await client.add_message(
        thread_id=thread.thread_id,
        content=story.GREETING,
        llm_provider="openai",
        model_name="gpt-4o",
        stream=False,
    )
    tell("answered", **story.reply_facts(reply))
    summary = await hear(client.add_message(thread.thread_id, content=story.REQUEST, stream=True))
    tell("streamed", **summary.facts())
    tell("got", **story.thread_facts(await client.get_thread(thread.thread_id)))
    tell("listed", threads=[story.thread_facts(one) for one in await client.list_threads()])
    if hasattr(client, "list_threads_for_assistant"):
        listed = await client.list_threads_for_assistant(assistant.assistant_id)
        tell("listed_for_assistant", threads=[story.thread_facts(one) for one in listed])
    tell("deleted", ids=[(await client.delete_thread(thread.thread_id))["thread_id"]])
    tell("listed", threads=await client.list_threads())


async def tool_calls(client, tell):
    assistant = await client.create_assistant(name="Ada", tools=[story.WEATHER_TOOL])
    thread = await client.create_thread(assistant.assistant_id)
    paused = await client.add_message(thread.thread_id, content=story.QUESTION, stream=False)
    tell("asked", **story.reply_facts(paused))
    calls = [(call.id, story.arguments_of(call)) for call in paused.tool_calls]
    reply = await client.submit_tool_outputs(
        thread_id=thread.thread_id,
        run_id=paused.run_id,
        tool_outputs=story.weather_outputs(calls),
    )
    tell("answered", **story.reply_facts(reply))
    tell("got", **story.thread_facts(await client.get_thread(thread.thread_id)))


async def streamed_tool_calls(client, tell):
    assistant = await client.create_assistant(name="Ada", tools=[story.WEATHER_TOOL])
    thread = await client.create_thread(assistant.assistant_id)
    paused, answered = StreamSummary(), StreamSummary()
    async for event in await client.add_message(
        thread.thread_id, content=story.QUESTION, stream=True
    ):
        paused.add(event)
        if event["type"] == "tool_submit_required":
            outputs = story.weather_outputs(story.streamed_calls(event))
            answered = await hear(
                client.submit_tool_outputs(thread.thread_id, event["run_id"], outputs, stream=True)
            )
    tell("asked", **paused.facts())
    tell("answered", **answered.facts())
    tell("got", **story.thread_facts(await client.get_thread(thread.thread_id)))


async def attachment(client, tell):
    thread = await client.create_thread((await client.create_assistant(name="Ada")).assistant_id)
    message = {"content": story.SUMMARY, "files": [story.ATTACHMENT]}
    reply = await client.add_message(thread.thread_id, **message)
    answer = reply.messages[-1] if hasattr(reply, "messages") else reply.model_dump()
    tell("answered", attachments=[story.attachment_facts(one) for one in answer["attachments"]])
    summary = await hear(client.add_message(thread.thread_id, **message, stream=True))
    tell("streamed", ending=summary.last["type"])
    attached = [
        one.attachments or [] for one in (await client.get_thread(thread.thread_id)).messages
    ]
    tell("got", attachments=[[story.attachment_facts(vars(it)) for it in one] for one in attached])


async def awkward_tools(client, tell):
    written = ToolDefinition(
        function=FunctionDefinition(
            name="find_user",
            parameters=ToolParameters(properties={"name": ToolParameterProperties(type="string")}),
        )
    )
    tools = [story.AWKWARD_TOOL, story.BARE_TOOL, written]
    made = await client.create_assistant(name="Ada", tools=tools)
    tell("created", **story.assistant_facts(made))
    tell("got", **story.assistant_facts(await client.get_assistant(made.assistant_id)))
    renamed = await client.update_assistant(made.assistant_id, name="Bo")
    tell("updated", **story.assistant_facts(renamed))
    again = await client.update_assistant(made.assistant_id, tools=made.tools)
    tell("sent_back", **story.assistant_facts(again))
    thread = await client.create_thread(made.assistant_id)
    reply = await client.add_message(thread.thread_id, content="Good morning")
    tell("answered", status=reply.status)


async def errors(client, tell):
    assistant = await client.create_assistant(name="Ada", tools=[story.WEATHER_TOOL])
    thread = await client.create_thread(assistant.assistant_id)
    paused = await client.add_message(thread.thread_id, content=story.QUESTION)
    done = [thread.thread_id, paused.run_id]
    done.append(story.weather_outputs([(paused.tool_calls[0].id, {"location": "Oslo"})]))
    await client.submit_tool_outputs(*done)
    keyless = BackboardClient(api_key="", base_url=client.base_url, timeout=10)
    attempts = {
        "unknown_assistant": client.get_assistant(story.NOWHERE),
        "invalid_id": client.get_assistant("invalid_id"),
        "unknown_thread": client.add_message(story.NOWHERE, content="Hello"),
        "unknown_thread_streamed": hear(
            client.add_message(story.NOWHERE, content="Hello", stream=True)
        ),
        "unknown_run": client.submit_tool_outputs(thread.thread_id, "{run_id}", done[2]),
        "submitted_twice": client.submit_tool_outputs(*done),
        "submitted_twice_streamed": hear(client.submit_tool_outputs(*done, stream=True)),
        "empty_name": client.create_assistant(name=""),
        "empty_message": client.add_message(thread.thread_id),
        "empty_key": keyless.list_assistants(),
    }
    for step, attempt in attempts.items():
        await attempted(step, attempt, tell)
    await keyless.aclose()


async def attempted(step, attempt, tell):
    try:
        tell(step, answered=str(await attempt))
    except BackboardAPIError as error:
        tell(step, **story.error_facts(error))


async def scripted_failures(client, tell):
    if not takes(client.add_message, "metadata"):
        return
    thread = await client.create_thread((await client.create_assistant(name="Ada")).assistant_id)
    limit = {"sandbox": {"error": {"status": 429, "message": "Slow down", "retry_after": 2}}}
    outage = {"sandbox": {"reply": "one two three", "error": {"status": 503, "after": 2}}}
    for name, metadata in {"limit": limit, "outage": outage}.items():
        message = {"content": name, "metadata": metadata}
        await attempted(name, client.add_message(thread.thread_id, **message), tell)
        streamed = hear(client.add_message(thread.thread_id, **message, stream=True))
        await attempted(f"{name}_streamed", streamed, tell)
    modes = {"memory": "Auto", "memory_pro": "Auto"}
    await attempted("two_memories", client.add_message(thread.thread_id, "Hi", **modes), tell)
    got = await client.get_thread(thread.thread_id)
    tell("got", **story.thread_facts(got))
    tell("labelled", metadata=[one.metadata_ for one in got.messages if one.role == "user"])


CHAPTERS = (
    assistants,
    conversation,
    tool_calls,
    streamed_tool_calls,
    attachment,
    awkward_tools,
    errors,
    scripted_failures,
)


async def main(url, key):
    Reporter("client")(version("backboard-sdk"))
    for chapter in CHAPTERS:
        tell = Reporter(chapter.__name__)
        async with BackboardClient(
            api_key=f"{key}-{chapter.__name__}", base_url=url, timeout=10
        ) as client:
            try:
                await chapter(client, tell)
            except Exception:
                tell.broken()


asyncio.run(main(*sys.argv[1:]))
