"""Runs read whole: polled, paused for tools, told as steps, cancelled, refused."""

import json

import openai
from checking import (
    WEATHER,
    answered,
    as_dict,
    begun,
    check,
    has,
    mentions,
    new_assistant,
    new_thread,
    newest,
    outputs,
    paused,
    raises,
    same,
    scene,
    second_generation_only,
    settled,
    takes,
)

NOUN = "Runs"
RUNS = "POST /threads/{id}/runs"
RUN = "GET /threads/{id}/runs/{id}"
BOTH = "POST /threads/runs"
OUTPUTS = "POST /threads/{id}/runs/{id}/submit_tool_outputs"
STEPS = "GET /threads/{id}/runs/{id}/steps"
CANCEL = "POST /threads/{id}/runs/{id}/cancel"
HELLO = {"messages": [{"role": "user", "content": "Hello"}]}


@check(NOUN, RUNS, "polled by hand")
def poll_by_hand(client):
    run = answered(client, metadata=scene(reply="One two"))
    facts = (run.object, run.last_error, run.required_action)
    same("the facts", facts, ("thread.run", None, None))
    same("all done", (run.expires_at, isinstance(run.completed_at, int)), (None, True))
    same("the answer", newest(client, run.thread_id), "One two")


@check(NOUN, RUNS, "create_and_poll")
def create_and_poll(client):
    poll = has(client.beta.threads.runs, "create_and_poll")
    thread, assistant = new_thread(client), new_assistant(client)
    run = poll(thread_id=thread, assistant_id=assistant, metadata=scene(reply="One two"))
    same("status", run.status, "completed")
    same("the answer", newest(client, thread), "One two")


@check(NOUN, RUNS, "with its own model, instructions and tools")
def overrides(client):
    assistant = new_assistant(client, WEATHER, instructions="Base")
    thread = new_thread(client)
    run = begun(client, thread, assistant, model="other", instructions="Mine", tools=[])
    same("what holds", (run.model, run.instructions, run.tools), ("other", "Mine", []))
    stored = client.beta.threads.runs.retrieve(run.id, thread_id=thread)
    same("what is kept", (stored.model, stored.instructions, stored.tools), ("other", "Mine", []))


@check(NOUN, RUNS, "with additional messages")
def additional_messages(client):
    takes(client.beta.threads.runs.create, "additional_messages")
    thread = new_thread(client, "One")
    more = [{"role": "user", "content": "Two"}]
    run = begun(client, thread, new_assistant(client), additional_messages=more)
    settled(client, run)
    messages = client.beta.threads.messages.list(thread, order="asc").data
    same("the messages", [one.content[0].text.value for one in messages[:2]], ["One", "Two"])


@check(NOUN, RUNS, "beyond its budget: incomplete")
def incomplete(client):
    takes(client.beta.threads.runs.create, "max_completion_tokens")
    run = begun(
        client,
        new_thread(client),
        new_assistant(client),
        max_completion_tokens=3,
        metadata=scene(reply="one two three four five six seven"),
    )
    run = settled(client, run)
    facts = (run.status, run.incomplete_details.reason)
    same("the end", facts, ("incomplete", "max_completion_tokens"))


@check(NOUN, RUNS, "a rate limit: failed")
def failed(client):
    limit = scene(error={"status": 429, "after": 0})
    run = settled(client, begun(client, new_thread(client), new_assistant(client), metadata=limit))
    same("the end", (run.status, run.last_error.code), ("failed", "rate_limit_exceeded"))


@check(NOUN, RUNS, "while another is active: 400")
def second_run(client):
    run = paused(client)
    text = f"Thread {run.thread_id} already has an active run {run.id}."
    create = client.beta.threads.runs.create
    named = {"thread_id": run.thread_id, "assistant_id": run.assistant_id}
    raises(openai.BadRequestError, text, create, **named)


@check(NOUN, "POST /threads/{id}/messages", "while a run is active: 400")
def message_to_locked(client):
    run = paused(client)
    text = f"Can't add messages to {run.thread_id} while a run {run.id} is active."
    create = client.beta.threads.messages.create
    raises(openai.BadRequestError, text, create, run.thread_id, role="user", content="More")


@check(NOUN, RUNS, "of an unknown assistant: 404")
def unknown_assistant(client):
    create = client.beta.threads.runs.create
    named = {"thread_id": new_thread(client), "assistant_id": "asst_nobody"}
    raises(openai.NotFoundError, "No assistant found with id 'asst_nobody'.", create, **named)


@check(NOUN, RUN, "unknown: 404")
def unknown_run(client):
    retrieve = client.beta.threads.runs.retrieve
    thread = new_thread(client)
    text = "No run found with id 'run_nobody'."
    raises(openai.NotFoundError, text, retrieve, "run_nobody", thread_id=thread)


@check(NOUN, "POST /threads/{id}/runs/{id}", "its metadata")
def update(client):
    run = answered(client)
    changed = client.beta.threads.runs.update(run.id, thread_id=run.thread_id, metadata={"a": "1"})
    same("metadata", changed.metadata, {"a": "1"})


@check(NOUN, "GET /threads/{id}/runs", "all, two a page")
def list_them(client):
    thread, assistant = new_thread(client), new_assistant(client)
    made = [settled(client, begun(client, thread, assistant)).id for _ in range(5)]
    listed = client.beta.threads.runs.list(thread, limit=2)
    same("newest first", [one.id for one in listed], made[::-1])


@check(NOUN, BOTH, "polled by hand")
def create_both(client):
    run = client.beta.threads.create_and_run(
        assistant_id=new_assistant(client), thread=HELLO, metadata=scene(reply="One two")
    )
    same("status", (run.status, settled(client, run).status), ("queued", "completed"))
    same("the answer", newest(client, run.thread_id), "One two")


@check(NOUN, BOTH, "create_and_run_poll")
def create_both_and_poll(client):
    poll = has(client.beta.threads, "create_and_run_poll")
    run = poll(assistant_id=new_assistant(client), thread=HELLO, metadata=scene(reply="One two"))
    same("status", run.status, "completed")
    same("the answer", newest(client, run.thread_id), "One two")


@check(NOUN, OUTPUTS, "polled by hand")
def submit(client):
    run = paused(client)
    same("action", run.required_action.type, "submit_tool_outputs")
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    same("the call", (call.type, call.function.name), ("function", "get_weather"))
    same("the place", json.loads(call.function.arguments), {"location": "Oslo"})
    resumed = client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs(run)
    )
    same("status", (resumed.status, resumed.required_action), ("queued", None))
    same("status", settled(client, resumed).status, "completed")
    mentions(newest(client, run.thread_id), "snow")


@check(NOUN, OUTPUTS, "submit_tool_outputs_and_poll")
def submit_and_poll(client):
    poll = has(client.beta.threads.runs, "submit_tool_outputs_and_poll")
    run = paused(client)
    ended = poll(run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs(run))
    same("status", ended.status, "completed")
    mentions(newest(client, run.thread_id), "snow")


@check(NOUN, OUTPUTS, "two rounds")
def two_rounds(client):
    calls = [
        {"tool_calls": [{"name": "get_weather", "arguments": {"location": place}}]}
        for place in ("Oslo", "Bergen")
    ]
    script = scene(rounds=[*calls, {"reply": "Both"}])
    thread, assistant = new_thread(client), new_assistant(client, WEATHER)
    run = settled(client, begun(client, thread, assistant, metadata=script))
    for place in ("Oslo", "Bergen"):
        (call,) = run.required_action.submit_tool_outputs.tool_calls
        same("the place", json.loads(call.function.arguments), {"location": place})
        run = client.beta.threads.runs.submit_tool_outputs(
            run.id, thread_id=thread, tool_outputs=outputs(run)
        )
        run = settled(client, run)
    same("the end", (run.status, newest(client, thread)), ("completed", "Both"))


@check(NOUN, OUTPUTS, "not those that are due: 400")
def submit_others(client):
    run = paused(client)
    due = outputs(run)[0]["tool_call_id"]
    submit = client.beta.threads.runs.submit_tool_outputs
    text = f"Expected tool outputs for call_ids ['{due}'], got ['call_x']"
    given = [{"tool_call_id": "call_x", "output": "x"}]
    named = {"thread_id": run.thread_id, "tool_outputs": given}
    raises(openai.BadRequestError, text, submit, run.id, **named)


@check(NOUN, OUTPUTS, "after the end: 400")
def submit_late(client):
    run = paused(client)
    given = outputs(run)
    submit = client.beta.threads.runs.submit_tool_outputs
    settled(client, submit(run.id, thread_id=run.thread_id, tool_outputs=given))
    text = 'Runs in status "completed" do not accept tool outputs.'
    named = {"thread_id": run.thread_id, "tool_outputs": given}
    raises(openai.BadRequestError, text, submit, run.id, **named)


@check(NOUN, STEPS, "a call, its output and the answer")
def steps(client):
    run = paused(client)
    listed = client.beta.threads.runs.steps.list
    (waiting,) = listed(run.id, thread_id=run.thread_id).data
    same("at first", (waiting.type, waiting.status), ("tool_calls", "in_progress"))
    resumed = client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs(run)
    )
    settled(client, resumed)
    called, written = listed(run.id, thread_id=run.thread_id, order="asc").data
    same("the same step", (called.id, called.status), (waiting.id, "completed"))
    (call,) = called.step_details.tool_calls
    same("the output", call.function.output, "snow")
    message = client.beta.threads.messages.list(run.thread_id).data[0].id
    same("the message", written.step_details.message_creation.message_id, message)
    same(
        "one a page",
        [one.id for one in listed(run.id, thread_id=run.thread_id, limit=1)],
        [written.id, called.id],
    )


@check(NOUN, f"{STEPS}/{{id}}", "one")
def retrieve_step(client):
    run = answered(client)
    (listed,) = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
    got = client.beta.threads.runs.steps.retrieve(listed.id, run_id=run.id, thread_id=run.thread_id)
    same("the step", got, listed)


@check(NOUN, STEPS, "usage adds up to the run's")
def usage(client):
    second_generation_only()
    script = scene(usage={"input_tokens": 12, "output_tokens": 3})
    run = answered(client, metadata=script)
    (step,) = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
    wanted = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
    for one in (run, step):
        facts = as_dict(one)["usage"]
        same("usage", {name: facts[name] for name in wanted}, wanted)


@check(NOUN, CANCEL, "while it waits for outputs")
def cancel(client):
    run = paused(client)
    begins = client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    same("status at first", begins.status, "cancelling")
    ended = settled(client, begins)
    facts = (ended.status, isinstance(ended.cancelled_at, int), ended.required_action)
    same("the end", facts, ("cancelled", True, None))
    (step,) = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
    same("its step", step.status, "cancelled")
    client.beta.threads.messages.create(run.thread_id, role="user", content="More")


@check(NOUN, CANCEL, "a finished run: 400")
def cancel_finished(client):
    run = answered(client)
    text = "Cannot cancel run with status 'completed'."
    cancel = client.beta.threads.runs.cancel
    raises(openai.BadRequestError, text, cancel, run.id, thread_id=run.thread_id)
