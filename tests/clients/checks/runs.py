"""Runs: tools called and answered, and runs cancelled."""

import story
from checking import (
    EventStream,
    calls,
    check,
    completed,
    ended,
    field_of,
    hear,
    mentions,
    messages_of,
    new_thread,
    raises,
    same,
    weather_outputs,
)

NOUN = "Tool outputs and runs"
OF_A_RUN = "POST /threads/{id}/runs/{id}/submit-tool-outputs"
OF_A_THREAD = "POST /threads/tool-outputs"
CANCEL = "POST /threads/{id}/runs/{id}/cancel"
OUTPUTS = [{"tool_call_id": "call_1", "output": "Sunny"}]
WANTED = [("get_current_weather", {"location": "San Francisco"})]


async def waiting_run(client):
    """A thread whose run waits for the weather, and what it asked for."""
    thread_id = await new_thread(client, story.WEATHER_TOOL)
    reply = await client.add_message(thread_id, content=story.QUESTION)
    same("status", field_of(reply, "status"), "REQUIRES_ACTION")
    same("tool calls", [call[1:] for call in calls(reply)], WANTED)
    return thread_id, field_of(reply, "run_id"), weather_outputs(calls(reply))


async def asked_in_a_stream(client):
    thread_id = await new_thread(client, story.WEATHER_TOOL)
    stream = await hear(await client.add_message(thread_id, content=story.QUESTION, stream=True))
    same("the last event", stream.last["type"], "tool_submit_required")
    return (
        thread_id,
        stream.last["run_id"],
        story.weather_outputs(story.streamed_calls(stream.last)),
    )


async def first_turn(client, thread_id):
    """The thread holds the question, the call, its output and the answer."""
    roles = [(role, status) for role, _, status in await messages_of(client, thread_id)]
    same("length of the thread", len(roles), 4)
    same("all but the output", [roles[0], roles[1], roles[3]], [
        ("user", "COMPLETED"), ("assistant", "COMPLETED"), ("assistant", "COMPLETED"),
    ])  # fmt: skip


@check(NOUN, OF_A_RUN, "whole")
async def submit(client):
    thread_id, run_id, outputs = await waiting_run(client)
    completed(await client.submit_tool_outputs(thread_id, run_id, outputs), "68°F")
    await first_turn(client, thread_id)


@check(NOUN, OF_A_RUN, "streamed")
async def submit_streamed(client):
    thread_id, run_id, outputs = await asked_in_a_stream(client)
    stream = await client.submit_tool_outputs(thread_id, run_id, outputs, stream=True)
    mentions(ended(await hear(stream))["content"], "68°F")
    await first_turn(client, thread_id)


@check(NOUN, OF_A_RUN, "two rounds")
async def submit_twice(client):
    call = {"name": "get_current_weather", "arguments": {"location": "Oslo"}}
    rounds = [{"tool_calls": [call, call]}, {"tool_calls": [call]}, {"reply": "Take an umbrella."}]
    thread_id = await new_thread(client, story.WEATHER_TOOL)
    script = {"sandbox": {"rounds": rounds}}
    reply = await client.add_message(thread_id, content=story.QUESTION, metadata=script)
    for wanted in (2, 1):
        same("status", field_of(reply, "status"), "REQUIRES_ACTION")
        same("number of calls", len(calls(reply)), wanted)
        outputs = weather_outputs(calls(reply))
        reply = await client.submit_tool_outputs(thread_id, field_of(reply, "run_id"), outputs)
    same("content", field_of(completed(reply), "content"), "Take an umbrella.")


@check(NOUN, OF_A_RUN, "with tools and thinking")
async def submit_with_more(client):
    thread_id, run_id, outputs = await waiting_run(client)
    more = {"tools": [story.WEATHER_TOOL], "thinking": {"effort": "high"}}
    completed(await client.submit_tool_outputs(thread_id, run_id, outputs, **more), "68°F")


@check(NOUN, OF_A_RUN, "to an unknown run: 404")
async def submit_to_nothing(client):
    thread_id = await new_thread(client, story.WEATHER_TOOL)
    attempt = client.submit_tool_outputs(thread_id, story.NOWHERE, OUTPUTS)
    await raises(404, "BackboardNotFoundError", attempt)


@check(NOUN, OF_A_RUN, "twice: 400")
async def submit_again(client):
    thread_id, run_id, outputs = await waiting_run(client)
    await client.submit_tool_outputs(thread_id, run_id, outputs)
    again = client.submit_tool_outputs(thread_id, run_id, outputs)
    await raises(400, "BackboardValidationError", again)


@check(NOUN, OF_A_THREAD, "whole")
async def submit_simply(client):
    thread_id, _, outputs = await waiting_run(client)
    reply = completed(await client.submit_tool_outputs_simple(thread_id, outputs), "68°F")
    same("the thread", field_of(reply, "thread_id"), str(thread_id))
    await first_turn(client, thread_id)


@check(NOUN, OF_A_THREAD, "streamed")
async def submit_simply_streamed(client):
    thread_id, _, outputs = await asked_in_a_stream(client)
    stream = await client.submit_tool_outputs_simple(thread_id, outputs, stream=True)
    mentions(ended(await hear(stream))["content"], "68°F")
    await first_turn(client, thread_id)


@check(NOUN, OF_A_THREAD, "with nothing pending: 404")
async def submit_simply_to_nothing(client):
    thread_id = await new_thread(client, story.WEATHER_TOOL)
    attempt = client.submit_tool_outputs_simple(thread_id, OUTPUTS)
    await raises(404, "BackboardNotFoundError", attempt)


@check(NOUN, OF_A_THREAD, "twice: 404")
async def submit_simply_again(client):
    thread_id, _, outputs = await waiting_run(client)
    completed(await client.submit_tool_outputs_simple(thread_id, outputs), "68°F")
    again = client.submit_tool_outputs_simple(thread_id, outputs)
    await raises(404, "BackboardNotFoundError", again)


@check(NOUN, CANCEL, "in the middle of a stream")
async def cancel(client):
    end = client.cancel_run  # first: a client that cannot cancel must not begin
    thread_id = await new_thread(client)
    # Would take half a minute, so the stream can only end in time by being cancelled.
    script = {"sandbox": {"reply": "word " * 600, "delay_ms": 50}}
    stream = await client.add_message(
        thread_id, content=story.GREETING, metadata=script, stream=True
    )
    begun = await EventStream().read(stream, until="content_streaming")
    run_id = begun.of("run_started")[0]["run_id"]
    done = await end(thread_id, run_id)
    wanted = {"thread_id": str(thread_id), "run_id": run_id, "cancelled": True}
    same("what is told", {name: done.get(name) for name in wanted}, wanted)
    rest = await hear(stream)
    same("the last event", rest.last["type"], "run_cancelled")
    statuses = [status for _, _, status in await messages_of(client, thread_id)]
    same("the statuses kept", statuses, ["COMPLETED", "CANCELLED"])
    again = await end(thread_id, run_id)
    same("the run told again", (again["thread_id"], again["run_id"]), (str(thread_id), run_id))


@check(NOUN, CANCEL, "a finished run")
async def cancel_finished(client):
    thread_id = await new_thread(client)
    run_id = field_of(await client.add_message(thread_id, content=story.GREETING), "run_id")
    done = await client.cancel_run(thread_id, run_id)
    same("the run told", (done["thread_id"], done["run_id"]), (str(thread_id), run_id))
    statuses = [status for _, _, status in await messages_of(client, thread_id)]
    same("the statuses kept", statuses, ["COMPLETED", "COMPLETED"])


@check(NOUN, CANCEL, "while it waits for tool outputs")
async def cancel_waiting(client):
    thread_id, run_id, _ = await waiting_run(client)
    done = await client.cancel_run(thread_id, run_id)
    same("cancelled", done.get("cancelled"), True)
    completed(await client.add_message(thread_id, content=story.GREETING), "space")


@check(NOUN, CANCEL, "an unknown run: 404")
async def cancel_unknown(client):
    thread_id = await new_thread(client)
    attempt = client.cancel_run(thread_id, story.NOWHERE)
    await raises(404, "BackboardNotFoundError", attempt)
