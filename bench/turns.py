"""Take turns on a server and note how long they took. Opening threads is not part of a figure."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from bench import words
from bench.client import Connection, Unexpected, connected
from bench.subjects import Subject

TURNS_A_THREAD: Final = 10
"""Then a client begins a new thread, so that a figure does not depend on how many were taken."""

WORDS: Final = 40


@dataclass(frozen=True, slots=True)
class Batch:
    """Seconds of each turn, and of all of them together."""

    seconds: Sequence[float]
    elapsed: float

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.elapsed


@dataclass(frozen=True, slots=True)
class Streamed:
    """Seconds from the request to the first piece, to the last piece, and to the end."""

    first: float
    last: float
    end: float
    chunks: int


async def whole_turn(subject: Subject, connection: Connection, thread: str) -> float:
    body = subject.body(WORDS, streamed=False)
    begun = perf_counter()
    answer = await connection.post(thread, body)
    taken = perf_counter() - begun
    if words.LAST.encode() not in answer:
        raise Unexpected(answer.decode())
    return taken


async def streamed_turn(
    subject: Subject, connection: Connection, thread: str, *, count: int
) -> Streamed:
    body = subject.body(count, streamed=True)
    mark = subject.chunk_mark
    first = last = 0.0
    chunks = 0
    begun = perf_counter()
    # Every server sends a frame as an HTTP chunk of its own, so that no mark is cut in two.
    async for data in connection.stream(thread, body):
        if mark in data:
            last = perf_counter() - begun
            first = first or last
            chunks += data.count(mark)
    end = perf_counter() - begun
    if chunks != count:
        raise Unexpected(f"{subject.name} sent {chunks} pieces instead of {count}")
    return Streamed(first, last, end, chunks)


async def whole_turns(subject: Subject, *, clients: int, turns: int) -> Batch:
    """`turns` messages by so many clients at once, each on threads of its own."""
    each = turns // clients
    seconds: list[float] = []

    async def talk(connection: Connection, threads: Sequence[str]) -> None:
        for at in range(each):
            thread = threads[at // TURNS_A_THREAD]
            seconds.append(await whole_turn(subject, connection, thread))

    async with AsyncExitStack() as stack:
        talkers = []
        for _ in range(clients):
            connection = await stack.enter_async_context(connected(subject.url))
            talkers.append((connection, await _threads(subject, connection, each)))
        begun = perf_counter()
        await asyncio.gather(*(talk(*talker) for talker in talkers))
        return Batch(seconds, perf_counter() - begun)


async def streamed_turns(subject: Subject, *, turns: int, count: int) -> list[Streamed]:
    """One client, one stream after the other."""
    async with connected(subject.url) as connection:
        threads = await _threads(subject, connection, turns)
        return [
            await streamed_turn(subject, connection, threads[at // TURNS_A_THREAD], count=count)
            for at in range(turns)
        ]


async def crowd_of_streams(
    subject: Subject, *, clients: int, turns: int, count: int
) -> tuple[list[Streamed], float]:
    """`turns` streams of each of so many clients at once, and the seconds of all together."""
    async with AsyncExitStack() as stack:
        talkers = []
        for _ in range(clients):
            connection = await stack.enter_async_context(connected(subject.url))
            talkers.append((connection, await _threads(subject, connection, turns)))

        async def listen(connection: Connection, threads: Sequence[str]) -> list[Streamed]:
            return [
                await streamed_turn(subject, connection, threads[at // TURNS_A_THREAD], count=count)
                for at in range(turns)
            ]

        begun = perf_counter()
        of_talkers = await asyncio.gather(*(listen(*talker) for talker in talkers))
        return [stream for streams in of_talkers for stream in streams], perf_counter() - begun


async def one_thread(subject: Subject, *, turns: int) -> list[float]:
    """Seconds of each turn of one new thread, in order."""
    async with connected(subject.url) as connection:
        thread = await subject.open_thread(connection)
        return [await whole_turn(subject, connection, thread) for _ in range(turns)]


async def _threads(subject: Subject, connection: Connection, turns: int) -> list[str]:
    wanted = -(-turns // TURNS_A_THREAD)
    return [await subject.open_thread(connection) for _ in range(wanted)]
