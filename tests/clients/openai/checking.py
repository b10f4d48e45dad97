"""How a published Python client of OpenAI is checked, endpoint by endpoint.

A check calls a method and compares what comes back with what was put in. It ends silently, raises
`Differs` with the reason, or is `Absent` where the client has no such method or argument.
"""

import inspect
import json
import os
import re
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import openai

warnings.simplefilter("ignore")  # the newest mark the whole API as deprecated

FIRST = tuple(map(int, openai.__version__.split(".")[:2])) < (1, 21)  # speaks assistants=v1
SECONDS = 15 * float(os.environ.get("PATIENCE", "1"))  # for one request, and for one wait
AT_ONCE = 6
MODEL = "gpt-4o"
CHECKS: "list[Check]" = []
_ID = re.compile(r"\b(asst|thread|msg|run|step|call|vs|file)[_-][A-Za-z0-9]{8,}")
LIGHTHOUSE = "The lighthouse of Skarvoy was painted cobalt blue in 1927."
COLOUR = "What colour was the lighthouse of Skarvoy painted?"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather of a place",
        "parameters": {
            "type": "object",
            "properties": {"location": {"type": "string"}},
            "required": ["location"],
        },
    },
}


class Differs(Exception):
    """What came back is not what the contract says."""


class Absent(Exception):
    """The client has no such method, or its method no such argument."""


@dataclass(frozen=True)
class Check:
    noun: str
    endpoint: str
    case: str
    play: Callable[[openai.OpenAI], None]

    def line(self, result):
        return json.dumps(
            {"noun": self.noun, "endpoint": self.endpoint, "case": self.case, "result": result}
        )


def check(noun, endpoint, case):
    """Register a check. Each plays with a key, and so a tenant, of its own."""

    def register(play):
        CHECKS.append(Check(noun, endpoint, case, play))
        return play

    return register


def first_generation_only():
    if not FIRST:
        raise Absent


def second_generation_only():
    if FIRST:
        raise Absent


def has(resource, *names):
    """The resource has one of these methods, which is returned."""
    for name in names:
        if hasattr(resource, name):
            return getattr(resource, name)
    raise Absent


def takes(method, *arguments):
    if not {*arguments} <= {*inspect.signature(method).parameters}:
        raise Absent
    return method


def scene(**script):
    """Metadata that tells the sandbox model what to do."""
    return {"sandbox": json.dumps(script)}


def same(what, got, wanted):
    if got != wanted:
        raise Differs(f"{what}: {got!r}, not {wanted!r}")


def holds(what, truth):
    if not truth:
        raise Differs(f"not so: {what}")


def mentions(text, word):
    if word not in (text or ""):
        raise Differs(f"{word!r} is not in {text!r}")


def raises(error, text, attempt, *given, **named):
    """The call is refused with this class of the client, in these words."""
    try:
        attempt(*given, **named)
    except openai.APIStatusError as raised:
        same("the error", type(raised).__name__, error.__name__)
        mentions(str(raised), text)
        if not hasattr(raised, "code"):
            raise Differs("the error has no code") from raised
        return raised
    raise Differs(f"no error, where {error.__name__} was due")


def as_dict(thing):
    """What the server sent, and no default of the client."""
    return thing.model_dump(exclude_unset=True)


def new_assistant(client, *tools, **settings):
    return client.beta.assistants.create(model=MODEL, tools=tools, **settings).id


def new_thread(client, content="Hello"):
    return client.beta.threads.create(messages=[{"role": "user", "content": content}]).id


def settled(client, run):
    """The run when the server waits for nothing but the client, polled by hand."""
    deadline = time.monotonic() + SECONDS
    while run.status in {"queued", "in_progress", "cancelling"}:
        if time.monotonic() > deadline:
            raise Differs(f"still {run.status} after {SECONDS} seconds")
        time.sleep(0.05)
        run = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    return run


def begun(client, thread_id, assistant_id, **settings):
    run = client.beta.threads.runs.create(
        thread_id=thread_id, assistant_id=assistant_id, **settings
    )
    same("status at first", run.status, "queued")
    return run


def answered(client, **settings):
    """A run that has ended, on a thread of its own."""
    run = begun(client, new_thread(client), new_assistant(client), **settings)
    run = settled(client, run)
    same("status", run.status, "completed")
    return run


def paused(client):
    """A run that waits for the output of one call."""
    thread = new_thread(client, "What's the weather in Oslo?")
    run = settled(client, begun(client, thread, new_assistant(client, WEATHER)))
    same("status", run.status, "requires_action")
    return run


def outputs(run, text="snow"):
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [{"tool_call_id": call.id, "output": text} for call in calls]


def newest(client, thread_id):
    """The text of a thread's newest message, which must be an answer."""
    return answer(client, thread_id).value


def answer(client, thread_id):
    """The text of a thread's newest message, with its annotations."""
    message = client.beta.threads.messages.list(thread_id=thread_id).data[0]
    same("role", message.role, "assistant")
    (part,) = message.content
    return part.text


def upload(client, name="lighthouse.txt", text=LIGHTHOUSE):
    return client.files.create(file=(name, text.encode()), purpose="assistants").id


def cited(client, text, file):
    """The text tells what the file says, and each mark in it leads to the file."""
    mentions(text.value, "cobalt blue")
    holds("something is cited", text.annotations)
    for one in text.annotations:
        same("the mark", text.value[one.start_index : one.end_index], one.text)
        same("the file", one.file_citation.file_id, file)
    same("its name", client.files.retrieve(file).filename, "lighthouse.txt")


def plain(error):
    """An error in one line that is the same in every run."""
    text = str(error) if isinstance(error, Differs) else f"{type(error).__name__}: {error}"
    return _ID.sub(r"\1_<id>", " ".join(text.split()))[:240]


def run_all(url, key):
    """Play every check and print its line, in the order in which they were registered."""
    shared = openai.OpenAI(base_url=url, api_key=key, max_retries=0, timeout=SECONDS)

    def result(number, one):
        try:
            # A copy shares the connections, which are what is slow to make.
            one.play(shared.with_options(api_key=f"{key}-{number}"))
        except Absent:
            return "absent"
        except Exception as error:
            return f"differs: {plain(error)}"
        return "works"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        played = pool.map(result, range(len(CHECKS)), CHECKS)
        for one, outcome in zip(CHECKS, played, strict=True):
            print(one.line(outcome))
