"""Live events of the runs executed in this process, for any number of followers."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Final
from uuid import UUID

from pegboard.runs.model.events import Facts, RunEvent

MOST_AT_ONCE: Final = 500
"""Events that a follower is given together: one that does not get on holds no more of them."""


class Feed:
    """The events of one execution, from its start. A follower may come late and miss nothing."""

    def __init__(self, first: int = 0) -> None:
        """`first` is the number, in the log of the run, of the first event that is published."""
        self.first = first
        self._events: list[RunEvent] = []
        self._logged = 0
        self._closed = False
        # Set and cleared at once: wakes all who wait, and one event serves any number of them.
        self._moved = asyncio.Event()

    @property
    def events(self) -> tuple[RunEvent, ...]:
        """What has happened so far."""
        return tuple(self._events)

    def publish(self, facts: Facts) -> None:
        """Give followers facts that are stored."""
        self._events.extend(facts)
        self._logged = len(self._events)
        self._wake()

    def abandon(self, facts: Facts) -> None:
        """Give followers facts that are not stored: the last of the execution."""
        self._events.extend(facts)
        self._wake()

    def close(self) -> None:
        self._closed = True
        self._wake()

    def follow(self) -> AsyncGenerator[Sequence[RunEvent], None]:
        """Every event from the first, until the feed is closed.

        In batches of what has gathered since the last: who falls behind catches up in few steps.
        """
        return self._follow(0, lambda: len(self._events))

    def follow_logged(self, number: int) -> AsyncGenerator[Sequence[RunEvent], None]:
        """The same, from the event of this number in the log on, and only what stands there."""
        return self._follow(number - self.first, lambda: self._logged)

    async def _follow(
        self, position: int, available: Callable[[], int]
    ) -> AsyncGenerator[Sequence[RunEvent], None]:
        while True:
            prepared = self._events[position : min(available(), position + MOST_AT_ONCE)]
            position += len(prepared)
            if prepared:
                yield prepared
            elif self._closed:
                return
            else:
                await self._moved.wait()

    async def ended(self) -> None:
        """Return when the execution is over."""
        while not self._closed:
            await self._moved.wait()

    def _wake(self) -> None:
        self._moved.set()
        self._moved.clear()


class Feeds:
    """The feeds of the threads on which this process executes runs."""

    def __init__(self) -> None:
        self._by_thread: dict[UUID, Feed] = {}

    def open(self, thread_id: UUID, *, first: int) -> Feed:
        feed = self._by_thread[thread_id] = Feed(first)
        return feed

    def of_thread(self, thread_id: UUID) -> Feed | None:
        return self._by_thread.get(thread_id)

    def drop(self, thread_id: UUID, feed: Feed) -> None:
        """Close a feed and forget it, unless the thread's next run has taken its place."""
        feed.close()
        if self._by_thread.get(thread_id) is feed:
            del self._by_thread[thread_id]
