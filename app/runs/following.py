"""Follow a run from anywhere: out of its log, and on as it grows, whoever plays it."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import replace
from typing import Final
from uuid import UUID

from app.db.signals import Signals, send
from app.runs import log, queries
from app.runs.conversing import Turn
from app.runs.events import RESTS, RunCancelled, RunCompleted, RunEvent, RunExpired, RunFailed
from app.runs.execution import FOLLOWED, Execution
from app.runs.lease import PLAYING
from app.runs.snapshots import RunSnapshot
from app.runs.statuses import RunStatus
from app.runs.stored import snapshot_of
from app.runs.tables import Run
from app.tenants.scope import Scopes

LOOK_SECONDS: Final = 1.0
"""How often the log is looked at where no signal comes."""

_ENDS: Final = (RunCompleted, RunFailed, RunCancelled, RunExpired)


class Following:
    def __init__(self, *, scopes: Scopes, execution: Execution, signals: Signals) -> None:
        """Each statement in one of the `scopes` is a transaction of its own."""
        self._scopes = scopes
        self._execution = execution
        # Each follower waits on an event of its own, so that a slow one holds up nobody.
        self._waiting: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)
        signals.on(log.LOGGED, self._wake)

    async def turn(self, turn: Turn) -> AsyncGenerator[Sequence[RunEvent], None]:
        """The events of a turn that this process has begun, until it rests.

        Should the run slip out of its hands, they are told on from where another takes it up.
        """
        told, last = turn.first, None
        async with aclosing(turn.feed.follow()) as batches:
            async for events in batches:
                told += len(events)
                last = events[-1]
                yield events
        if not isinstance(last, RESTS):
            async with aclosing(self.run(turn.run.tenant_id, turn.row, after=told)) as rest:
                async for events in rest:
                    yield events

    async def all_of(self, turn: Turn) -> Sequence[RunEvent]:
        """The same, in one: once the run rests."""
        await turn.feed.ended()
        if turn.feed.events and isinstance(turn.feed.events[-1], RESTS):
            return turn.feed.events
        async with aclosing(self.turn(turn)) as batches:
            return [event async for events in batches for event in events]

    async def can_tell(self, tenant_id: UUID, run: Run) -> bool:
        """Whether the events of a run are at hand; once it is over they are dropped in time."""
        if run.status in PLAYING:
            return True
        async with self._scopes(tenant_id) as scope:
            return await log.is_kept(scope, run.id)

    async def before(self, turn: Turn) -> Sequence[RunEvent]:
        """The events of a turn's run that were told before the turn began."""
        if turn.first == 0:
            return ()
        logged = await self._read(turn.run.tenant_id, turn.run.id, 0)
        return logged[: turn.first]

    async def run(
        self, tenant_id: UUID, run: Run, *, after: int = 0
    ) -> AsyncGenerator[Sequence[RunEvent], None]:
        """The events of a run from number `after` on, until it rests; gone, it is cancelled."""
        with self._listening(run.id) as woken:
            quiet = True
            last: RunEvent | None = None
            while True:
                woken.clear()
                if quiet:
                    await self._ask_to_hear(tenant_id, run.id)
                row, events = await self._look(tenant_id, run, after)
                if events:
                    after += len(events)
                    last = events[-1]
                    yield events
                if row is None:
                    if not isinstance(last, _ENDS):
                        yield (RunCancelled(_cancelled(run)),)
                    return
                if row.status not in PLAYING:
                    told = events or await self._read(tenant_id, run.id, max(0, after - 1))
                    end = _end_of(row)
                    if end is not None and not (told and isinstance(told[-1], _ENDS)):
                        yield (end,)
                    return
                quiet = not await _waited(woken)

    async def _look(
        self, tenant_id: UUID, run: Run, after: int
    ) -> tuple[Run | None, Sequence[RunEvent]]:
        async with self._scopes(tenant_id) as scope:
            # The row first: what rests by then has all its events in the log.
            row = await queries.get(scope, thread_id=run.thread_id, run_id=run.id)
            return row, await log.read(scope, run.id, after=after)

    async def _read(self, tenant_id: UUID, run_id: UUID, after: int) -> Sequence[RunEvent]:
        async with self._scopes(tenant_id) as scope:
            return await log.read(scope, run_id, after=after)

    async def _ask_to_hear(self, tenant_id: UUID, run_id: UUID) -> None:
        """Have whoever plays the run send word of what he logs; asked again, as he may change."""
        if run_id not in self._execution.playing():
            async with self._scopes(tenant_id) as scope:
                await send(scope.session, FOLLOWED, run_id)

    @contextmanager
    def _listening(self, run_id: UUID) -> Iterator[asyncio.Event]:
        woken = asyncio.Event()
        self._waiting[run_id].add(woken)
        try:
            yield woken
        finally:
            self._waiting[run_id].discard(woken)
            if not self._waiting[run_id]:
                del self._waiting[run_id]

    def _wake(self, run_id: UUID) -> None:
        for woken in self._waiting.get(run_id, ()):
            woken.set()


async def _waited(woken: asyncio.Event) -> bool:
    """Whether a signal came in time."""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            await woken.wait()
    except TimeoutError:
        return False
    return True


def _cancelled(run: Run) -> RunSnapshot:
    """A run that was deleted with its thread, as those hear of it who play it."""
    return replace(snapshot_of(run), status=RunStatus.CANCELLED)


def _end_of(run: Run) -> RunEvent | None:
    """The end that nobody has logged, as the run was ended while nobody played it."""
    match RunStatus(run.status):
        case RunStatus.CANCELLED:
            return RunCancelled(snapshot_of(run))
        case RunStatus.EXPIRED:
            return RunExpired(snapshot_of(run))
        case RunStatus.FAILED:
            return RunFailed(snapshot_of(run))
        case _:
            return None
