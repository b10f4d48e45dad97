"""The events of one execution on their way: into the log first, then to those who follow.

Nobody is shown what is not written. A stream is not held up by that for longer than one
statement takes: what the model says meanwhile gathers, and is written together.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Final, TypeAlias

from pegboard.db.availability import is_passing
from pegboard.runs.leases import LEASE
from pegboard.runs.model.events import Facts, RunEvent
from pegboard.runs.stream.event_log import LogEntry
from pegboard.runs.stream.feed import Feed

MOST_WAITING: Final = 4_000
"""Events that may wait to be written before the model is made to wait."""

_AWAY_SECONDS: Final = 0.1
Write: TypeAlias = Callable[[LogEntry], Awaitable[None]]


class EventWriter:
    def __init__(self, feed: Feed, write: Write, *, first: int, streaming: bool) -> None:
        """`first` is the number of the execution's first event.

        Unless the answer is `streaming`, nothing is written before it settles: nobody follows its
        pieces.
        """
        self._feed = feed
        self._write = write
        self._next = first
        self._streaming = streaming
        self._waiting: list[RunEvent] = []
        self._writer: asyncio.Task[None] | None = None
        self.has_remote_followers = False
        """Whether another process waits for what is written."""

    async def add(self, facts: Facts) -> None:
        """Have facts written and published. Raises what an earlier write has met."""
        self._check()
        self._waiting.extend(facts)
        if not self._streaming:
            return
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_all())
            self._writer.add_done_callback(_seen)
        if len(self._waiting) > MOST_WAITING:
            await asyncio.wait({self._writer})

    async def closing(self, facts: Facts) -> LogEntry:
        """What is left to be written, and `facts`: for whoever stores the end of it."""
        if self._writer is not None:
            await asyncio.wait({self._writer})
            self._check()
        return LogEntry(self._next, (*self._waiting, *facts), self.has_remote_followers)

    def publish(self, entry: LogEntry) -> None:
        """Give followers what has been stored with the end of the execution."""
        self._waiting = []
        self._next = entry.after
        self._feed.publish(tuple(entry.events))

    def abandon(self, facts: Facts) -> LogEntry:
        """Give followers what cannot be stored any more, or not now; returns it."""
        entry = LogEntry(self._next, (*self._waiting, *facts), self.has_remote_followers)
        self._waiting = []
        self._next = entry.after
        self._feed.abandon(tuple(entry.events))
        return entry

    @property
    def events(self) -> tuple[RunEvent, ...]:
        """All events of the execution so far, written or not."""
        return (*self._feed.events, *self._waiting)

    def _check(self) -> None:
        if self._writer is not None and self._writer.done():
            self._writer.result()
            self._writer = None

    async def _write_all(self) -> None:
        while self._waiting:
            entry = LogEntry(self._next, tuple(self._waiting), self.has_remote_followers)
            await retry_while_unavailable(partial(self._write, entry))
            del self._waiting[: len(entry.events)]
            self._next = entry.after
            self._feed.publish(tuple(entry.events))


def _seen(writer: "asyncio.Task[None]") -> None:
    """What a writer has met is raised by the next to write, if there is one."""
    if not writer.cancelled():
        writer.exception()


async def retry_while_unavailable(write: Callable[[], Awaitable[None]]) -> None:
    """Write, again and again while the database is away, for as long as a lease would last."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LEASE.total_seconds()):
            while True:
                try:
                    await write()
                except Exception as error:
                    if not is_passing(error):
                        raise
                else:
                    return
                await asyncio.sleep(_AWAY_SECONDS)
    await write()
