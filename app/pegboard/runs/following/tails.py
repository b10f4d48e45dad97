"""The logs of runs that are followed here and executed elsewhere, read on as they grow.

One tail for each run, however many follow it, and one reader for all tails: it asks for what is new
of all of them in one statement, at once for those that a signal names, and each second for the
rest. So a follower costs neither a connection nor a statement.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Final, TypeAlias
from uuid import UUID

import structlog
from sqlalchemy import JSON, Integer, Text, Uuid, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from pegboard.db.signals import Signals, send_many
from pegboard.runs.execution.executor import FOLLOWED, Executor
from pegboard.runs.leases import IN_EXECUTION
from pegboard.runs.model.event_json import from_json
from pegboard.runs.model.events import RunEvent
from pegboard.runs.model.snapshots import RunSnapshot
from pegboard.runs.stream import event_log
from pegboard.runs.stream.feed import MOST_AT_ONCE

LOOK_SECONDS: Final = 1.0
"""How often the logs are looked at where no signal comes."""

_PAUSE_SECONDS: Final = 0.02
"""Between two looks, so that signals which come one after the other are followed together."""

_MOST_HELD: Final = 1_000
"""Events that a tail holds for those who are behind; who is behind by more reads the log."""

_ENTRIES: Final = 50
"""Entries that are read of one log at once."""

_RUNS: Final = 500
"""Runs that are looked at in one statement."""

_NEWS: Final = text("""
    SELECT wanted.run_id, runs.status, entry.first, entry.events
    FROM unnest(CAST(:run_ids AS uuid[]), CAST(:tenant_ids AS uuid[]), CAST(:afters AS int[]))
        AS wanted(run_id, tenant_id, after)
    LEFT JOIN runs ON runs.id = wanted.run_id AND runs.tenant_id = wanted.tenant_id
    LEFT JOIN LATERAL (
        SELECT first, events FROM run_events
        WHERE run_events.run_id = wanted.run_id AND run_events.tenant_id = wanted.tenant_id
          AND run_events.first >= wanted.after
        ORDER BY first
        LIMIT :entries
    ) AS entry ON true
    ORDER BY wanted.run_id, entry.first
""").columns(run_id=Uuid, status=Text, first=Integer, events=JSON)

_News: TypeAlias = tuple[UUID, str | None, int | None, list[object]]

_diary = structlog.get_logger("pegboard.runs")


class Tail:
    """The last events of a run's log, from number `after` on."""

    def __init__(self, tenant_id: UUID, run_id: UUID, *, after: int) -> None:
        self.tenant_id = tenant_id
        self.run_id = run_id
        self.followers = 0
        self.over = False
        """The run has settled, or is gone: nothing more is read here."""
        self._from = after
        self._events: list[RunEvent] = []
        # Set and cleared at once: wakes all who wait, and one event serves any number of them.
        self._moved = asyncio.Event()

    @property
    def after(self) -> int:
        """The number of the next event to read."""
        return self._from + len(self._events)

    async def follow(self, after: int) -> AsyncGenerator[Sequence[RunEvent], None]:
        """The events from number `after` on, until the run settles or they are no longer held."""
        while after >= self._from:
            position = after - self._from
            prepared = self._events[position : position + MOST_AT_ONCE]
            after += len(prepared)
            if prepared:
                yield prepared
            elif self.over:
                return
            else:
                await self._moved.wait()

    def add(self, events: Sequence[RunEvent]) -> None:
        surplus = max(0, len(self._events) - _MOST_HELD)
        del self._events[:surplus]
        self._from += surplus
        self._events.extend(events)
        self._wake()

    def end(self) -> None:
        self.over = True
        self._wake()

    def _wake(self) -> None:
        self._moved.set()
        self._moved.clear()


class Tails:
    def __init__(
        self,
        *,
        sessions: async_sessionmaker[AsyncSession],
        executor: Executor,
        signals: Signals,
    ) -> None:
        """Each statement in one of the `sessions` is a transaction of its own."""
        self._sessions = sessions
        self._executor = executor
        self._tails: dict[UUID, Tail] = {}
        self._moved: set[UUID] = set()
        self._unannounced: set[UUID] = set()
        self._woken = asyncio.Event()
        signals.on(event_log.LOGGED, self._note_growth)

    @contextmanager
    def tail_of(self, run: RunSnapshot, *, after: int) -> Iterator[Tail]:
        """The run's tail, for as long as the block lasts; a new one begins at `after`."""
        tail = self._tails.get(run.id)
        if tail is None:
            tail = self._tails[run.id] = Tail(run.tenant_id, run.id, after=after)
            self._unannounced.add(run.id)
            self._note_growth(run.id)
        tail.followers += 1
        try:
            yield tail
        finally:
            tail.followers -= 1
            if not tail.followers:
                self._drop(tail)

    async def read_on(self) -> None:
        """Read all tails on until cancelled."""
        due = monotonic()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, due - monotonic()) if self._tails else None):
                    await self._woken.wait()
            self._woken.clear()
            look_at_all = monotonic() >= due
            try:
                await self._request_signals()
                if look_at_all:
                    due = monotonic() + LOOK_SECONDS
                    await self._look([*self._tails], signalled=False)
                else:
                    await self._look([*self._moved], signalled=True)
            except Exception as error:  # the database may be away: they are looked at again
                _diary.warning("tails_not_read", error=type(error).__name__)
                await asyncio.sleep(LOOK_SECONDS)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _request_signals(self) -> None:
        """Have those who execute the runs send a signal when they log."""
        run_ids = [one for one in self._unannounced if self._executor.feed_of_run(one) is None]
        if run_ids:
            async with self._sessions() as session:
                await send_many(session, FOLLOWED, run_ids)
        self._unannounced.clear()

    async def _look(self, run_ids: Sequence[UUID], *, signalled: bool) -> None:
        """Read what is new of these runs; `signalled` where a signal says there is some."""
        for start in range(0, len(run_ids), _RUNS):
            some = run_ids[start : start + _RUNS]
            self._moved.difference_update(some)
            tails = [self._tails[run_id] for run_id in some if run_id in self._tails]
            if tails:
                async with self._sessions() as session:
                    rows = await session.execute(_NEWS, _parameters(tails))
                await self._take(tails, rows.tuples(), signalled=signalled)

    async def _take(self, tails: Sequence[Tail], rows: Iterable[_News], *, signalled: bool) -> None:
        news: dict[UUID, list[RunEvent]] = {}
        entries: dict[UUID, int] = {}
        statuses: dict[UUID, str | None] = {}
        for run_id, status, first, events in rows:
            statuses[run_id] = status
            if first is not None:
                news.setdefault(run_id, []).extend(from_json(events))
                entries[run_id] = entries.get(run_id, 0) + 1
        for count, tail in enumerate(tails, start=1):
            run_id = tail.run_id
            if self._tails.get(run_id) is not tail:  # all have gone in between
                continue
            if run_id in news:
                tail.add(news[run_id])
                if not signalled:  # whoever executes it does not know that it is followed
                    self._unannounced.add(run_id)
                    self._woken.set()
            if entries.get(run_id) == _ENTRIES:
                self._note_growth(run_id)
            elif statuses[run_id] not in IN_EXECUTION:
                self._drop(tail)
                tail.end()
            if count % 50 == 0:
                await asyncio.sleep(0)

    def _drop(self, tail: Tail) -> None:
        if self._tails.get(tail.run_id) is tail:
            del self._tails[tail.run_id]
            self._moved.discard(tail.run_id)
            self._unannounced.discard(tail.run_id)

    def _note_growth(self, run_id: UUID) -> None:
        if run_id in self._tails:
            self._moved.add(run_id)
            self._woken.set()


def _parameters(tails: Sequence[Tail]) -> dict[str, object]:
    return {
        "run_ids": [tail.run_id for tail in tails],
        "tenant_ids": [tail.tenant_id for tail in tails],
        "afters": [tail.after for tail in tails],
        "entries": _ENTRIES,
    }
