"""How a published Python client is checked, endpoint by endpoint, whatever its generation.

A check calls a method and compares what comes back with what was put in. It ends silently, raises
`Differs` with the reason, or is `Absent` where the client has no such method or argument.
"""

import asyncio
import copy
import inspect
import json
import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import story
from backboard import BackboardAPIError, BackboardClient

VERSION = tuple(int(part) for part in version("backboard-sdk").split("."))
SECONDS = 15 * float(os.environ.get("PATIENCE", "1"))  # for one check; most take a few hundredths
AT_ONCE = 8
CHECKS: "list[Check]" = []
_ID = re.compile(r"[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}")


class Differs(Exception):
    """What came back is not what the contract says."""


class Absent(Exception):
    """The client has no such method, or its method no such argument."""


@dataclass(frozen=True)
class Check:
    noun: str
    endpoint: str
    case: str
    play: "Callable[[Client], Awaitable[None]] | None"  # None: this version asks elsewhere

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


class Client:
    """A published client, synchronous or not, whose methods are all awaited."""

    def __init__(self, client):
        self._client = client

    def __getattr__(self, name):
        method = getattr(self._client, name, None)
        if method is None:
            raise Absent
        takes = inspect.signature(method).parameters

        async def call(*given, **named):
            if not named.keys() <= takes.keys():
                raise Absent
            answer = method(*given, **named)
            return await answer if inspect.isawaitable(answer) else answer

        return call


class EventStream:
    """A stream read to its end, or to the first event of a kind."""

    def __init__(self):
        self.events = []

    async def read(self, stream, until=None):
        # The second generation hands out an asynchronous generator, the first a plain one.
        if hasattr(stream, "__aiter__"):
            async for event in stream:
                self.events.append(event)
                if event["type"] == until:
                    break
        else:
            self.events.extend(stream)
        return self

    @property
    def last(self):
        return self.events[-1] if self.events else {"type": "nothing"}

    def of(self, kind):
        return [event for event in self.events if event["type"] == kind]

    def joined(self, kind="content_streaming"):
        return "".join(event["content"] for event in self.of(kind))


async def hear(stream):
    return await EventStream().read(stream)


def ended(stream):
    """The stream ended well, and its pieces make up the text that it ended with."""
    same("the last event", stream.last["type"], "run_ended")
    same("the status it ended with", stream.last.get("status"), "completed")
    same("the joined pieces", stream.joined(), stream.last.get("content"))
    holds("something was said", stream.joined())
    return stream.last


def field_of(reply, name):
    """A field of a reply: an attribute, or in the last of its `messages`; None if unknown."""
    if hasattr(reply, name):
        return getattr(reply, name)
    return reply.messages[-1].get(name) if hasattr(reply, "messages") else None


def calls(reply):
    """The (id, name, arguments) of a reply's tool calls."""
    listed = []
    for call in field_of(reply, "tool_calls") or []:
        one = call if isinstance(call, dict) else {"id": call.id, "function": vars(call.function)}
        function = one["function"]
        listed.append((one["id"], function["name"], json.loads(function["arguments"])))
    return listed


def completed(reply, *words):
    """The reply is a finished answer that holds these words."""
    same("status", field_of(reply, "status"), "COMPLETED")
    same("tool calls", calls(reply), [])
    for word in words:
        mentions(field_of(reply, "content"), word)
    return reply


def same(what, got, wanted):
    if got != wanted:
        raise Differs(f"{what}: {got!r}, not {wanted!r}")


def holds(what, truth):
    if not truth:
        raise Differs(f"not so: {what}")


def mentions(text, word):
    if word not in (text or ""):
        raise Differs(f"{word!r} is not in {text!r}")


async def raises(status, name, attempt):
    """The call fails with this status as the client's class of this name."""
    try:
        await attempt
    except BackboardAPIError as error:
        same("the error", (type(error).__name__, error.status_code), (name, status))
        holds("the server knows the endpoint", str(error) != "Not Found")
    else:
        raise Differs(f"no error, where {name} with {status} was due")


async def until(done, ask):
    """Ask until the answer is right. The check's own deadline ends a vain wait."""
    while not done(answer := await ask()):  # noqa: ASYNC110 - the event is in another process
        await asyncio.sleep(0.02)
    return answer


def plain(error: Any) -> str:
    """An error in one line that is the same in every run."""
    if isinstance(error, Differs):
        text = str(error)
    elif isinstance(error, TimeoutError):
        text = f"not done after {SECONDS} seconds"
    elif isinstance(error, BackboardAPIError):
        status = f" {error.status_code}" if error.status_code else ""
        text = f"{type(error).__name__}{status}: {error}"
    elif callable(getattr(error, "errors", None)):  # pydantic's text names its own version
        problems = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        text = f"{type(error).__name__}: {'; '.join(problems)}"
    else:
        text = f"{type(error).__name__}: {error}"
    return _ID.sub("<id>", " ".join(text.split()))[:200]


async def _result(one, client):
    if one.play is None:
        return "absent"
    try:
        async with asyncio.timeout(SECONDS):
            await one.play(client)
    except Absent:
        return "absent"
    except Exception as error:
        return f"differs: {plain(error)}"
    return "works"


async def run_all(url, key):
    """Play every check and print its line, in the order in which they were registered."""
    shared = BackboardClient(api_key=key, base_url=url, timeout=SECONDS)
    waits = not hasattr(shared, "aclose")  # a client of the first generation holds up all others
    gate = asyncio.Semaphore(1 if waits else AT_ONCE)

    async def play(number, one):
        # A copy shares the connections, which are what is slow to make.
        own = copy.copy(shared)
        own.api_key = f"{key}-{number}"
        async with gate:
            return await _result(one, Client(own))

    played = await asyncio.gather(*(play(*numbered) for numbered in enumerate(CHECKS)))
    for one, result in zip(CHECKS, played, strict=True):
        print(one.line(result))
    if not waits:
        await shared.aclose()


async def assistant_with(client, *tools, **settings):
    made = await client.create_assistant(
        name="Ada", **settings, **({"tools": tools} if tools else {})
    )
    return made.assistant_id


async def new_thread(client, *tools):
    return (await client.create_thread(await assistant_with(client, *tools))).thread_id


async def messages_of(client, thread_id):
    """The messages of a thread as (role, content, status)."""
    thread = await client.get_thread(thread_id)
    return [(one.role.value, one.content, one.status) for one in thread.messages]


async def settled(client, document):
    """The document when it is no longer being worked on."""
    return await until(
        lambda it: it.status.value not in ("pending", "processing"),
        lambda: client.get_document_status(document.document_id),
    )


async def indexed(client, document):
    got = await settled(client, document)
    same("status", got.status.value, "indexed")
    return got


def weather_outputs(listed):
    return story.weather_outputs((call_id, arguments) for call_id, _, arguments in listed)
