"""Streams of runs: their events one for one, and what the client's own helpers make of them."""

from checking import (
    WEATHER,
    as_dict,
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
    takes,
)
from openai import NotFoundError
from telling import Telling, lines, lines_of, pieces, raw

try:
    from openai import AssistantEventHandler
except ImportError:
    AssistantEventHandler = object  # the first client streams no runs

NOUN = "Streams of runs"
RUNS = "POST /threads/{id}/runs"
BOTH = "POST /threads/runs"
OUTPUTS = "POST /threads/{id}/runs/{id}/submit_tool_outputs"
SCRIPT = scene(reply="One two three")
PIECES = ["One ", "two ", "three"]
WHOLE = lines("begun", "saying", "said", said="One two three")
CALLED = lines("begun", "called")
QUESTION = "What's the weather in Oslo?"
HELLO = {"messages": [{"role": "user", "content": "Hello"}]}


class Hearing(AssistantEventHandler):
    """Collects what a helper tells its handler."""

    def __init__(self):
        super().__init__()
        self.telling = Telling()
        self.snapshots, self.texts, self.calls = [], [], []

    def on_event(self, event):
        self.telling.hear(event)

    def on_text_delta(self, delta, snapshot):
        self.snapshots.append(snapshot.value)

    def on_text_done(self, text):
        self.texts.append(text.value)

    def on_tool_call_done(self, tool_call):
        function = tool_call.function
        self.calls.append(f"{function.name} {function.arguments}")


def helper(client):
    """The run's stream, under the name that this generation has for it."""
    return has(client.beta.threads.runs, "stream", "create_and_stream")


@check(NOUN, RUNS, "every event in order, the last as stored")
def plain(client):
    thread, assistant = new_thread(client), new_assistant(client)
    create = client.beta.threads.runs.create
    events = raw(create, thread_id=thread, assistant_id=assistant, metadata=SCRIPT)
    same("the events", lines_of(events), WHOLE)
    same("the pieces", pieces(events), PIECES)
    same("what is kept", newest(client, thread), "One two three")
    run, message = events[-1].data, events[-3].data
    stored = client.beta.threads.runs.retrieve(run.id, thread_id=thread)
    same("the run", as_dict(run), as_dict(stored))
    stored = client.beta.threads.messages.retrieve(message.id, thread_id=thread)
    same("the message", as_dict(message), as_dict(stored))


@check(NOUN, RUNS, "through an event handler")
def handled(client):
    thread, assistant = new_thread(client), new_assistant(client)
    hearing = Hearing()
    with helper(client)(
        thread_id=thread, assistant_id=assistant, metadata=SCRIPT, event_handler=hearing
    ) as stream:
        stream.until_done()
    same("the events", hearing.telling.lines, WHOLE)
    same("the snapshots", hearing.snapshots, ["One ", "One two ", "One two three"])
    same("the whole texts", hearing.texts, ["One two three"])


@check(NOUN, RUNS, "what the helper accumulates is what is stored")
def accumulated(client):
    thread, assistant = new_thread(client), new_assistant(client)
    with helper(client)(thread_id=thread, assistant_id=assistant, metadata=SCRIPT) as stream:
        same("the pieces", "".join(stream.text_deltas), "One two three")
        run, (message,) = stream.get_final_run(), stream.get_final_messages()
        (step,) = stream.get_final_run_steps()
    same("status", run.status, "completed")
    same("the run", run, client.beta.threads.runs.retrieve(run.id, thread_id=thread))
    stored = client.beta.threads.messages.retrieve(message.id, thread_id=thread)
    same("the message", (message.id, message.content[0].text.value), (stored.id, "One two three"))
    (stored_step,) = client.beta.threads.runs.steps.list(run.id, thread_id=thread).data
    same("the step", (step.id, step.type), (stored_step.id, stored_step.type))
    message_id = step.step_details.message_creation.message_id
    same("the step's message", message_id, message.id)


@check(NOUN, RUNS, "a call, pieced together")
def called(client):
    thread, assistant = new_thread(client, QUESTION), new_assistant(client, WEATHER)
    create = client.beta.threads.runs.create
    events = raw(create, thread_id=thread, assistant_id=assistant)
    same("the events", lines_of(events), CALLED)
    (due,) = events[-1].data.required_action.submit_tool_outputs.tool_calls
    deltas = [one.data.delta for one in events if one.event == "thread.run.step.delta"]
    same("the call", deltas[0].step_details.tool_calls[0].id, due.id)
    same("its arguments", due.function.arguments, '{"location": "Oslo"}')


@check(NOUN, OUTPUTS, "every event in order")
def resumed(client):
    takes(client.beta.threads.runs.submit_tool_outputs, "stream")
    run = paused(client)
    submit = client.beta.threads.runs.submit_tool_outputs
    events = raw(submit, run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs(run))
    resumed_with(lines_of(events), newest(client, run.thread_id))


def resumed_with(events, text):
    mentions(text, "snow")
    same("the events after", events, lines("resumed", said=text))


@check(NOUN, OUTPUTS, "from within the handler of the open stream")
def answered_from_within(client):
    submit = has(client.beta.threads.runs, "submit_tool_outputs_stream")
    thread, assistant = new_thread(client, QUESTION), new_assistant(client, WEATHER)
    ending = Hearing()

    class Answering(Hearing):
        def on_event(self, event):
            super().on_event(event)
            if event.event == "thread.run.requires_action":
                due = outputs(event.data)
                named = {"run_id": event.data.id, "thread_id": thread, "tool_outputs": due}
                with submit(**named, event_handler=ending) as stream:
                    stream.until_done()

    hearing = Answering()
    with helper(client)(thread_id=thread, assistant_id=assistant, event_handler=hearing) as stream:
        stream.until_done()
    same("the events", hearing.telling.lines, CALLED)
    resumed_with(ending.telling.lines, newest(client, thread))


@check(NOUN, OUTPUTS, "from within the handler, when the call is done")
def answered_when_called(client):
    submit = has(client.beta.threads.runs, "submit_tool_outputs_stream")
    thread, assistant = new_thread(client, QUESTION), new_assistant(client, WEATHER)
    ending = Hearing()

    class Answering(Hearing):
        def on_tool_call_done(self, tool_call):
            super().on_tool_call_done(tool_call)
            named = {"run_id": self.current_run.id, "thread_id": thread}
            given = [{"tool_call_id": tool_call.id, "output": "snow"}]
            with submit(**named, tool_outputs=given, event_handler=ending) as stream:
                stream.until_done()

    hearing = Answering()
    with helper(client)(thread_id=thread, assistant_id=assistant, event_handler=hearing) as stream:
        stream.until_done()
    same("the call", hearing.calls, ['get_weather {"location": "Oslo"}'])
    resumed_with(ending.telling.lines, newest(client, thread))


@check(NOUN, BOTH, "every event in order")
def both(client):
    create = takes(client.beta.threads.create_and_run, "stream")
    events = raw(create, assistant_id=new_assistant(client), thread=HELLO, metadata=SCRIPT)
    same("the events", lines_of(events), ["thread.created thread_1: ", *WHOLE])
    same("what is kept", newest(client, events[0].data.id), "One two three")


@check(NOUN, BOTH, "through an event handler")
def both_handled(client):
    create = has(client.beta.threads, "create_and_run_stream")
    hearing = Hearing()
    named = {"assistant_id": new_assistant(client), "thread": HELLO, "metadata": SCRIPT}
    with create(**named, event_handler=hearing) as stream:
        stream.until_done()
        run = stream.get_final_run()
    same("the events", hearing.telling.lines, ["thread.created thread_1: ", *WHOLE])
    same("what is kept", newest(client, run.thread_id), "One two three")


@check(NOUN, RUNS, "a failure after two words")
def failed(client):
    thread, assistant = new_thread(client), new_assistant(client)
    script = scene(reply="One two three", error={"status": 503, "after": 2})
    create = client.beta.threads.runs.create
    events = raw(create, thread_id=thread, assistant_id=assistant, metadata=script)
    same("the events", lines_of(events), lines("begun", "saying", "failed", said="One two "))
    same("the code", events[-1].data.last_error.code, "server_error")
    same("what is kept", newest(client, thread), "One two ")


@check(NOUN, RUNS, "cancelled in the middle")
def cancelled(client):
    thread, assistant = new_thread(client), new_assistant(client)
    create = takes(client.beta.threads.runs.create, "stream")
    # Would take half a minute, so the stream can only end in time by being cancelled.
    script = scene(reply="one " * 100, delay_ms=300)
    stream = create(thread_id=thread, assistant_id=assistant, metadata=script, stream=True)
    events = []
    for event in stream:
        if event.event == "thread.message.delta" and not pieces(events):
            client.beta.threads.runs.cancel(events[0].data.id, thread_id=thread)
        events.append(event)
    text = newest(client, thread)
    same("the events", lines_of(events), lines("begun", "saying", "cancelled", said=text))
    same("where it began", text[:4], "one ")


@check(NOUN, RUNS, "refused before the first event: 404")
def refused(client):
    create = takes(client.beta.threads.runs.create, "stream")
    named = {"thread_id": new_thread(client), "assistant_id": "asst_nobody", "stream": True}
    raises(NotFoundError, "No assistant found with id 'asst_nobody'.", create, **named)
