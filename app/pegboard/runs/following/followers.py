"""Follow a run from anywhere: out of its log, and on as it grows, whoever executes it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Final
from uuid import UUID

from pegboard.runs import queries
from pegboard.runs.execution.executor import Executor
from pegboard.runs.following.tails import Tails
from pegboard.runs.leases import IN_EXECUTION
from pegboard.runs.model.events import RunEvent, RunSettled
from pegboard.runs.model.snapshots import RunSnapshot
from pegboard.runs.requests.turns import Turn
from pegboard.runs.statuses import RunStatus
from pegboard.runs.stored import snapshot_of
from pegboard.runs.stream import event_log
from pegboard.tenants.scope import Scopes

_ENTRIES: Final = 100
"""Entries of a log that are read at once: who is slow to take them holds no more."""


class Following:
    def __init__(self, *, scopes: Scopes, executor: Executor, tails: Tails) -> None:
        """Each statement in one of the `scopes` is a transaction of its own."""
        self._scopes = scopes
        self._executor = executor
        self._tails = tails

    async def turn(self, turn: Turn) -> AsyncGenerator[Sequence[RunEvent], None]:
        """The events of a turn that this process has begun, until it settles.

        Should the run slip out of its hands, they go on from where another takes it up.
        """
        after, last = turn.first, None
        async with aclosing(turn.feed.follow()) as batches:
            async for events in batches:
                after += len(events)
                last = events[-1]
                yield events
        if last is None or not last.traits.settles:
            async with aclosing(self.run(turn.run, after=after)) as further:
                async for events in further:
                    yield events

    async def all_of(self, turn: Turn) -> Sequence[RunEvent]:
        """The same, in one: once the run has settled."""
        await turn.feed.ended()
        if turn.feed.events and turn.feed.events[-1].traits.settles:
            return turn.feed.events
        async with aclosing(self.turn(turn)) as batches:
            return [event async for events in batches for event in events]

    async def can_tell(self, run: RunSnapshot) -> bool:
        """Whether the events of a run are at hand; once it is over they are dropped in time."""
        if run.status in IN_EXECUTION:
            return True
        async with self._scopes(run.tenant_id) as scope:
            return await event_log.is_kept(scope, run.id)

    async def before(self, turn: Turn) -> Sequence[RunEvent]:
        """The events of a turn's run that were published before the turn began."""
        if turn.first == 0:
            return ()
        logged = await self._read(turn.run.tenant_id, turn.run.id, 0)
        return logged[: turn.first]

    async def run(
        self, run: RunSnapshot, *, after: int = 0
    ) -> AsyncGenerator[Sequence[RunEvent], None]:
        """The events of a run from number `after` on, until it settles; gone, it is cancelled."""
        last: RunEvent | None = None
        while True:
            # The row first: what has settled by then has all its events in the log.
            present = await self._present(run)
            more = True
            while more:
                page, more = await self._page(run.tenant_id, run.id, after)
                if page:
                    after += len(page)
                    last = page[-1]
                    yield page
            if present is None:
                if not _is_end(last):
                    # Deleted with its thread, as those learn of it who execute it.
                    yield (RunSettled(replace(run, status=RunStatus.CANCELLED)),)
                return
            if present.status not in IN_EXECUTION:
                if last is None:
                    before = await self._read(run.tenant_id, run.id, max(0, after - 1))
                    last = before[-1] if before else None
                end = _end_of(present)
                if end is not None and not _is_end(last):
                    yield (end,)
                return
            news: RunEvent | None = None
            async with aclosing(self._live(run, after)) as batches:
                async for events in batches:
                    after += len(events)
                    last = news = events[-1]
                    yield events
            if news is not None and news.traits.settles:
                return

    async def _live(self, run: RunSnapshot, after: int) -> AsyncGenerator[Sequence[RunEvent], None]:
        """What is logged from number `after` on, as long as that is at hand without a query."""
        feed = self._executor.feed_of_run(run.id)
        if feed is not None and after >= feed.first:
            async with aclosing(feed.follow_logged(after)) as batches:
                async for events in batches:
                    yield events
            return
        with self._tails.tail_of(run, after=after) as tail:
            async with aclosing(tail.follow(after)) as batches:
                async for events in batches:
                    yield events

    async def _present(self, run: RunSnapshot) -> RunSnapshot | None:
        """The run as it stands now; None where it is gone."""
        async with self._scopes(run.tenant_id) as scope:
            row = await queries.get(scope, thread_id=run.thread_id, run_id=run.id)
        return None if row is None else snapshot_of(row)

    async def _page(
        self, tenant_id: UUID, run_id: UUID, after: int
    ) -> tuple[Sequence[RunEvent], bool]:
        async with self._scopes(tenant_id) as scope:
            return await event_log.read_page(scope, run_id, after=after, entries=_ENTRIES)

    async def _read(self, tenant_id: UUID, run_id: UUID, after: int) -> Sequence[RunEvent]:
        async with self._scopes(tenant_id) as scope:
            return await event_log.read(scope, run_id, after=after)


def _end_of(run: RunSnapshot) -> RunSettled | None:
    """The end that nobody has logged, as the run was ended while nobody executed it."""
    ended = run.status in {RunStatus.CANCELLED, RunStatus.EXPIRED, RunStatus.FAILED}
    return RunSettled(run) if ended else None


def _is_end(event: RunEvent | None) -> bool:
    return isinstance(event, RunSettled) and event.is_final
