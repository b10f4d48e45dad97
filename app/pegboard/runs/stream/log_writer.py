"""The log of all runs of a process, written by few connections that are its own.

A write is sent at once while a connection is free. Those that come while all are at work gather,
and go together in one statement: what many runs say at once costs little more than what one says,
and the runs never compete with requests for the pool.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final, TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from pegboard.db.availability import is_passing
from pegboard.runs.stream.event_log import Line, append, append_many

BATCHES_AT_ONCE: Final = 2
"""Connections that write batches."""

SINGLES_AT_ONCE: Final = 1
"""Connections for lines that were passed over, each of which may have to wait for a lock."""

CONNECTIONS: Final = BATCHES_AT_ONCE + SINGLES_AT_ONCE
_LONGEST_BATCH: Final = 200
_MOST_EVENTS: Final = 5_000

_Waiting: TypeAlias = tuple[Line, "asyncio.Future[None]"]


class LogWriter:
    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        """Each statement in one of the `sessions` is a transaction of its own."""
        self._sessions = sessions
        self._waiting: deque[_Waiting] = deque()
        self._writers: set[asyncio.Task[None]] = set()
        self._passed_over: set[asyncio.Task[None]] = set()
        self._single = asyncio.Semaphore(SINGLES_AT_ONCE)

    async def append(self, line: Line) -> None:
        """Return once a line is written. Of one run there is one on its way at most.

        Raises RunLost, and what keeps the database from being reached.
        """
        outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((line, outcome))
        if len(self._writers) < BATCHES_AT_ONCE:
            writer = asyncio.create_task(self._write_all(), name="log writer")
            self._writers.add(writer)
            writer.add_done_callback(self._writers.discard)
        await outcome

    async def _write_all(self) -> None:
        while batch := self._next_batch():
            try:
                async with self._sessions() as session:
                    written = await append_many(session, [line for line, _ in batch])
            except Exception as error:
                if is_passing(error) or len(batch) == 1:
                    _fail(batch, error)
                    continue
                written = set()  # one of them is at fault: each is tried by itself
            for waiting in batch:
                line, outcome = waiting
                if line.run_id not in written:
                    self._write_alone(waiting)
                elif not outcome.done():
                    outcome.set_result(None)

    def _next_batch(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        events = 0
        while self._waiting and len(batch) < _LONGEST_BATCH and events < _MOST_EVENTS:
            waiting = self._waiting.popleft()
            line, outcome = waiting
            if not outcome.done():  # else nobody waits for it any more
                batch.append(waiting)
                events += len(line.entry.events)
        return batch

    def _write_alone(self, waiting: _Waiting) -> None:
        writer = asyncio.create_task(self._alone(waiting), name="log writer")
        self._passed_over.add(writer)
        writer.add_done_callback(self._passed_over.discard)

    async def _alone(self, waiting: _Waiting) -> None:
        line, outcome = waiting
        try:
            async with self._single, self._sessions() as session:
                await append(session, line)
        except Exception as error:
            _fail([waiting], error)
        else:
            if not outcome.done():
                outcome.set_result(None)


def _fail(batch: Sequence[_Waiting], error: Exception) -> None:
    for _, outcome in batch:
        if not outcome.done():
            outcome.set_exception(error)
