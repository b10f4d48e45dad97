"""Live events of the runs played in this process, for any number of followers."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from uuid import UUID

from app.runs.events import Facts, RunEvent


class Feed:
    """The events of one play, from its start. A follower may come late and miss nothing."""

    def __init__(self) -> None:
        self._events: list[RunEvent] = []
        self._closed = False
        # Each follower waits on an event of its own, so that a slow one holds up nobody.
        self._followers: set[asyncio.Event] = set()

    @property
    def events(self) -> tuple[RunEvent, ...]:
        """What has happened so far."""
        return tuple(self._events)

    def publish(self, facts: Facts) -> None:
        self._events.extend(facts)
        self._wake()

    def close(self) -> None:
        self._closed = True
        self._wake()

    async def follow(self) -> AsyncGenerator[Sequence[RunEvent], None]:
        """Every event from the first, until the feed is closed.

        In batches of what has gathered since the last: who falls behind catches up in one step.
        """
        woken = asyncio.Event()
        self._followers.add(woken)
        position = 0
        try:
            while True:
                woken.clear()
                gathered = self._events[position:]
                position += len(gathered)
                if gathered:
                    yield gathered
                elif self._closed:
                    return
                else:
                    await woken.wait()
        finally:
            self._followers.discard(woken)

    async def ended(self) -> None:
        """Return when the play is over."""
        async for _ in self.follow():
            pass

    def _wake(self) -> None:
        for follower in self._followers:
            follower.set()


class Feeds:
    """The feeds of the threads on which this process is playing."""

    def __init__(self) -> None:
        self._by_thread: dict[UUID, Feed] = {}

    def open(self, thread_id: UUID) -> Feed:
        feed = self._by_thread[thread_id] = Feed()
        return feed

    def of_thread(self, thread_id: UUID) -> Feed | None:
        return self._by_thread.get(thread_id)

    def drop(self, thread_id: UUID, feed: Feed) -> None:
        """Close a feed and forget it, unless the thread's next run has taken its place."""
        feed.close()
        if self._by_thread.get(thread_id) is feed:
            del self._by_thread[thread_id]
