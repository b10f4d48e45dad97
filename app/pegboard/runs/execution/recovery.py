"""Take up the runs whose process is gone, so that each comes to an end and its thread lives on."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import structlog
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from pegboard import clock
from pegboard.db.signals import Signals, send
from pegboard.errors import ErrorKind, NotFound
from pegboard.identifiers import earliest_id
from pegboard.messages.tables import MessageStatus
from pegboard.models.catalogue import Catalogue
from pegboard.runs import queries
from pegboard.runs.execution.aborting import aborted
from pegboard.runs.execution.cancellation import CANCELLED
from pegboard.runs.execution.executor import Executor
from pegboard.runs.execution.recording import append_answer
from pegboard.runs.leases import FREED, HEARTBEAT, IN_EXECUTION, RELEASED, LeaseHolder
from pegboard.runs.model.events import AnswerFinished
from pegboard.runs.model.options import from_json
from pegboard.runs.model.snapshots import RUN_EXPIRED, Failure
from pegboard.runs.prompt.run_context import RunContext, run_context_of
from pegboard.runs.statuses import RunStatus, sources
from pegboard.runs.stored import snapshot_of
from pegboard.runs.stream import event_log
from pegboard.runs.tables import Run
from pegboard.runs.thread_lock import lock_thread
from pegboard.telemetry.metrics import RESCUED
from pegboard.tenants.scope import Scope, Scopes
from pegboard.threads.tables import Thread

EVERY_SECONDS: Final = 1.0
MOST_ATTEMPTS: Final = 3
"""How often a run is taken up before it is given up: it may be what its processes die of."""

AT_ONCE: Final = 20
"""Runs that one process takes up in one transaction, so that others take their share."""

FORGET_EVERY: Final = timedelta(minutes=10)
_LOST: Final = Failure(
    ErrorKind.UNAVAILABLE,
    "server_lost",
    "The server that was answering went away before it was done",
)
_LATE: Final = Failure(ErrorKind.UNAVAILABLE, RUN_EXPIRED, "The run's time was up")
_FORGET: Final = text("""
    DELETE FROM run_events USING runs
    WHERE runs.id = run_events.run_id AND run_events.run_id < :begun_before
      AND runs.ended_at < :ended_before
""")

log = structlog.get_logger("pegboard.rescue")


class Policy(StrEnum):
    """What becomes of a run whose process is gone.

    `RESUME` asks the model again where nobody has seen any of its first answer; `FAIL` never does.
    """

    RESUME = "resume"
    FAIL = "fail"


class Rescuer:
    """Looks after the runs of all processes, for as long as this one lives."""

    def __init__(
        self,
        *,
        sessions: async_sessionmaker[AsyncSession],
        scopes: Scopes,
        executor: Executor,
        catalogue: Catalogue,
        lease_holder: LeaseHolder,
        signals: Signals,
        policy: Policy,
        keep_events: timedelta,
    ) -> None:
        """`keep_events`: how long the events of a run are kept once it is over."""
        self._sessions = sessions
        self._scopes = scopes
        self._executor = executor
        self._catalogue = catalogue
        self._lease_holder = lease_holder
        self._policy = policy
        self._keep_events = keep_events
        self._freed = asyncio.Event()
        signals.on(FREED, lambda _: self._freed.set())

    async def watch(self, beat: Callable[[], None] = lambda: None) -> None:
        """Rescue until cancelled; `beat` is called after each round that went well."""
        forgotten: datetime | None = None
        shaken = False
        while True:
            self._freed.clear()
            try:
                if shaken:
                    await self._let_others_renew()
                    shaken = False
                while await self._rescue() == AT_ONCE:
                    pass
                await self._expire()
                beat()
                if forgotten is None or clock.now() - forgotten > FORGET_EVERY:
                    await self.forget()
                    forgotten = clock.now()
            except Exception:  # the database may be away for a moment
                shaken = True
                log.exception("rescue_failed")
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_SECONDS):
                    await self._freed.wait()

    async def forget(self) -> None:
        """Drop the events of runs that have been over for long enough."""
        before = clock.now() - self._keep_events
        async with self._sessions.begin() as session:
            await session.execute(
                _FORGET, {"begun_before": earliest_id(before), "ended_before": before}
            )

    async def _let_others_renew(self) -> None:
        """Wait, once the database is back, until every process that lives can have shown it.

        While it was away no lease was renewed, and all runs would be taken for abandoned.
        """
        async with self._sessions() as session:
            await session.execute(select(1))
        await asyncio.sleep((HEARTBEAT * 2).total_seconds())

    async def _rescue(self) -> int:
        """How many runs were taken up; AT_ONCE where more may be waiting."""
        taken = await self._taken()
        for run in taken:
            log.warning("run_rescued", run_id=str(run.id), attempts=run.attempts)
            RESCUED.inc()
            try:
                await self._go_on(run)
            except NotFound:  # deleted in between
                continue
            except Exception:
                log.exception("rescue_failed", run_id=str(run.id))
                if run.attempts > MOST_ATTEMPTS:
                    await self._give_up(run)
        return len(taken)

    async def _taken(self) -> Sequence[Run]:
        """Lease every run whose lease ran out.

        The rows are read without a tenant: this is the one task that looks after all of them. The
        thread of each is locked, and passed over where another process is already looking at it.
        """
        async with self._sessions.begin() as session:
            abandoned = (
                await session.scalars(
                    select(Run)
                    .join(Thread, Thread.id == Run.thread_id)
                    .where(
                        Run.status.in_(IN_EXECUTION),
                        Run.lease_until <= func.now(),
                        Run.id.not_in(self._executor.run_ids()),
                    )
                    .order_by(Run.lease_until)
                    .limit(AT_ONCE)
                    .with_for_update(of=Thread, key_share=True, skip_locked=True)
                )
            ).all()
            for run in abandoned:
                run.attempts += 1
                for column, value in self._lease_holder.held().items():
                    setattr(run, column, value)
            return abandoned

    async def _go_on(self, run: Run) -> None:
        async with self._scopes(run.tenant_id) as scope:
            context = await self._ready(scope, run)
        if run.status == RunStatus.CANCELLING:
            self._executor.abort(context, None)
        elif (
            self._policy is Policy.FAIL
            or run.attempts > MOST_ATTEMPTS
            or any(event.traits.is_output for event in context.logged)
        ):
            self._executor.abort(context, _LOST)
        else:
            self._executor.begin(context)

    async def _ready(self, scope: Scope, run: Run) -> RunContext:
        thread_state = await lock_thread(scope, run.thread_id)
        logged = await event_log.read(scope, run.id, after=run.events)
        return await run_context_of(
            scope,
            run,
            from_json(run.options),
            lease_holder=self._lease_holder,
            catalogue=self._catalogue,
            has_documents=thread_state.has_documents,
            attached=None,
            logged=tuple(logged),
        )

    async def _give_up(self, run: Run) -> None:
        """End a run of which nothing can be made any more: it keeps its thread no longer."""
        async with self._scopes(run.tenant_id) as scope:
            await lock_thread(scope, run.thread_id)
            present = await queries.get(scope, thread_id=run.thread_id, run_id=run.id)
            if (
                present is None
                or present.attempts != run.attempts
                or present.status not in IN_EXECUTION
            ):
                return
            present.become(RunStatus.FAILED)
            present.error_code, present.error_message = _LOST.code, _LOST.message
            _end(present)

    async def _expire(self) -> None:
        """End every run whose time is up, be it in execution or waiting for its caller."""
        async with self._sessions.begin() as session:
            late = await session.scalars(
                select(Run)
                .join(Thread, Thread.id == Run.thread_id)
                .where(Run.status.in_(sources(RunStatus.EXPIRED)), Run.expires_at < func.now())
                .with_for_update(of=Thread, key_share=True, skip_locked=True)
            )
            for run in late.all():
                scope = Scope(run.tenant_id, session)
                waiting = await queries.waiting_message(
                    scope, thread_id=run.thread_id, run_id=run.id
                )
                if waiting is not None:
                    waiting.status = MessageStatus.CANCELLED
                await self._store_partial_answer(scope, run)
                run.become(RunStatus.EXPIRED)
                _end(run)
                await send(session, CANCELLED, run.id)

    async def _store_partial_answer(self, scope: Scope, run: Run) -> None:
        if run.status not in IN_EXECUTION:
            return
        logged = await event_log.read(scope, run.id, after=run.events)
        for event in aborted(snapshot_of(run), logged, _LATE):
            if isinstance(event, AnswerFinished) and event.message.content:
                await append_answer(scope, event.message, assistant_id=run.assistant_id)


def _end(run: Run) -> None:
    run.ended_at = clock.now()
    for column, value in RELEASED.items():
        setattr(run, column, value)
