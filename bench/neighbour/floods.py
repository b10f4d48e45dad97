"""What the crowd does: a name and a few lines for each row of the table."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Final

from bench.neighbour import bodies
from bench.neighbour.flooding import Crowd

Go = Callable[[], Awaitable[None]]
Prepare = Callable[[Crowd], Awaitable[Go]]

_ASSISTANTS: Final = "/api/assistants"
_FILE: Final = b"One of a thousand small files, which all say much the same. "


@dataclass(frozen=True, slots=True)
class Flood:
    """`prepare` makes what is needed and returns what floods. `limit`: seconds it may take.

    With `files` the neighbour uploads a small file now and then. `lasts` is for floods that must go
    on for so long to be what they are.
    """

    label: str
    prepare: Prepare
    limit: float = 15.0
    files: bool = False
    lasts: float | None = None


async def _gets(crowd: Crowd) -> Go:
    await _assistant(crowd)
    return partial(crowd.all_at_once, [crowd.caller.request("GET", _ASSISTANTS)] * 500)


async def _threads(crowd: Crowd) -> Go:
    assistant = await _assistant(crowd)
    paths = [await _messages_path(crowd, assistant) for _ in range(200)]
    return partial(
        crowd.all_at_once, [crowd.caller.posting(path, content="Hello there") for path in paths]
    )


async def _thread(crowd: Crowd) -> Go:
    path = await _messages_path(crowd, await _assistant(crowd))
    return partial(crowd.all_at_once, [crowd.caller.posting(path, content="Hello there")] * 500)


async def _unread(crowd: Crowd) -> Go:
    """Half a megabyte of frames each, as every piece repeats those before it: much more than
    system and server hold for a reader."""
    request = await _streamed(crowd, reply=("x" * 99 + " ") * 100, delay_ms=20)
    return partial(crowd.never_read, [request] * 300)


async def _pattern(crowd: Crowd) -> Go:
    """Once with the arguments given, once with those that the sandbox model makes up."""
    assistant = await _assistant(crowd)
    requests = [
        crowd.caller.request("POST", await _messages_path(crowd, assistant), body)
        for body in (
            bodies.message_with_pattern(called=True),
            bodies.message_with_pattern(called=False),
        )
    ]
    return partial(crowd.all_at_once, requests)


async def _pattern_in_format(crowd: Crowd) -> Go:
    body = bodies.completion_with_pattern()
    request = crowd.caller.request("POST", "/v1/chat/completions", body)
    return partial(crowd.all_at_once, [request])


def _assistant_of(body: Callable[[], bytes]) -> Prepare:
    async def prepare(crowd: Crowd) -> Go:
        return partial(crowd.all_at_once, [crowd.caller.request("POST", _ASSISTANTS, body())])

    return prepare


def _message_of(body: Callable[[], bytes]) -> Prepare:
    async def prepare(crowd: Crowd) -> Go:
        path = await _messages_path(crowd, await _assistant(crowd))
        return partial(crowd.all_at_once, [crowd.caller.request("POST", path, body())])

    return prepare


def _queries(times: int) -> Prepare:
    async def prepare(crowd: Crowd) -> Go:
        path = await _searched(crowd)
        request = crowd.caller.request("POST", path, bodies.query(5_000_000))
        return partial(crowd.all_at_once, [request] * times)

    return prepare


async def _uploads(crowd: Crowd) -> Go:
    path = f"{_ASSISTANTS}/{await _assistant(crowd)}/documents"
    requests = [_upload(crowd, path, number) for number in range(1000)]
    return partial(crowd.all_at_once, requests, width=200)


async def _half_lines(crowd: Crowd) -> Go:
    return partial(crowd.half_a_line, b"GET /api/assistants HTTP/1.1\r\nX-API-K", 1500)


async def _steady_writes(crowd: Crowd) -> Go:
    assistant = await _assistant(crowd)
    requests = [
        crowd.caller.posting(_ASSISTANTS, name="one of many"),
        crowd.caller.posting(f"{_ASSISTANTS}/{assistant}/threads"),
        crowd.caller.posting("/api/threads/messages", assistant_id=assistant, content="Hello"),
    ]
    numbers = count()
    return partial(crowd.steadily, lambda: requests[next(numbers) % len(requests)], clients=64)


async def _steady_searches(crowd: Crowd) -> Go:
    request = crowd.caller.posting(await _searched(crowd), query="Where is the lighthouse?")
    return partial(crowd.steadily, lambda: request, clients=64)


async def _steady_uploads(crowd: Crowd) -> Go:
    path = f"{_ASSISTANTS}/{await _assistant(crowd)}/documents"
    numbers = count()
    return partial(crowd.steadily, lambda: _upload(crowd, path, next(numbers)), clients=32)


async def _steady_streams(crowd: Crowd) -> Go:
    request = await _streamed(crowd, reply="word " * 40, delay_ms=20)
    return partial(crowd.steadily, lambda: request, clients=64)


async def _assistant(crowd: Crowd) -> str:
    made = await crowd.caller.ask(crowd.caller.posting(_ASSISTANTS, name="crowd"))
    return str(made.json()["assistant_id"])


async def _messages_path(crowd: Crowd, assistant: str) -> str:
    path = f"{_ASSISTANTS}/{assistant}/threads"
    made = await crowd.caller.ask(crowd.caller.posting(path))
    return f"/api/threads/{made.json()['thread_id']}/messages"


async def _streamed(crowd: Crowd, **script: object) -> bytes:
    """A message on a new thread that is answered by a stream."""
    return crowd.caller.posting(
        "/api/threads/messages",
        assistant_id=await _assistant(crowd),
        content="Tell me",
        stream=True,
        metadata={"sandbox": script},
    )


async def _searched(crowd: Crowd) -> str:
    """Where an assistant's memories are searched."""
    path = f"{_ASSISTANTS}/{await _assistant(crowd)}/memories"
    for what in ("lighthouse is blue", "harbour is old", "meadow is green"):
        await crowd.caller.ask(crowd.caller.posting(path, content=f"The {what}"))
    return f"{path}/search"


def _upload(crowd: Crowd, path: str, number: int) -> bytes:
    content = _FILE + json.dumps({"number": number}).encode()
    return crowd.caller.uploading(path, f"small-{number}.txt", content)


FLOODS: Final[dict[str, Flood]] = {
    "gets": Flood("500 parallel GETs", _gets),
    "threads": Flood("200 messages on 200 threads", _threads, limit=20.0),
    "thread": Flood("500 messages on one thread", _thread, limit=20.0),
    "unread": Flood("300 streams that nobody reads", _unread, limit=40.0, lasts=12.0),
    "pattern": Flood("a pattern in a tool's schema", _pattern),
    "pattern-chat": Flood("a pattern in response_format", _pattern_in_format),
    "zeros": Flood(
        '{"tools":[0,0,...]} of 900 kB', _assistant_of(partial(bodies.zeros_as_tools, 900_000))
    ),
    "zeros-9m": Flood(
        '{"tools":[0,0,...]} of 9 MB', _assistant_of(partial(bodies.zeros_as_tools, 9_000_000))
    ),
    "tools": Flood("60,000 valid tools", _assistant_of(partial(bodies.valid_tools, 60_000))),
    "keys": Flood("500,000 metadata keys", _message_of(partial(bodies.message_with_keys, 500_000))),
    "reply": Flood(
        "sandbox.reply of 3.8 MB", _message_of(partial(bodies.message_with_reply, 3_800_000))
    ),
    "query": Flood("a query of 5 MB", _queries(1)),
    "queries": Flood("thirty queries of 5 MB", _queries(30), limit=30.0),
    "uploads": Flood("1,000 small uploads", _uploads, limit=30.0, files=True),
    "half-lines": Flood("1,500 half header lines", _half_lines),
    "steady-writes": Flood("steady writes", _steady_writes),
    "steady-searches": Flood("steady searches", _steady_searches),
    "steady-uploads": Flood("steady uploads", _steady_uploads, files=True),
    "steady-streams": Flood("steady streams", _steady_streams),
}
