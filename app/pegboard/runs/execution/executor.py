"""The runs of this process, as tasks of the application.

A run belongs to the process, not to the request that began it: a client that hangs up loses its
place at the feed, and the run goes on.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from pegboard.db.signals import Signals
from pegboard.fairness import FairLimiter, LoopTurns
from pegboard.llm.gateway import Gateway
from pegboard.runs.execution.cancellation import CANCELLED
from pegboard.runs.execution.run_task import Abort, Ending, RunServices, RunTask
from pegboard.runs.execution.settling import SettledRuns
from pegboard.runs.leases import HEARTBEAT, LeaseHolder, renew
from pegboard.runs.model.snapshots import Failure
from pegboard.runs.prompt.builder import PromptBuilder
from pegboard.runs.prompt.run_context import RunContext
from pegboard.runs.statuses import RunStatus
from pegboard.runs.stream.event_log import LOGGED, Line, LogEntry
from pegboard.runs.stream.event_writer import EventWriter
from pegboard.runs.stream.feed import Feed, Feeds
from pegboard.runs.stream.log_writer import LogWriter
from pegboard.slots import Slot
from pegboard.telemetry.logs.ids import know_run
from pegboard.telemetry.metrics import REQUESTS_REJECTED
from pegboard.tenants.limits import LimitReached
from pegboard.tenants.scope import Scopes

_ROOM_SECONDS: Final = 2.0
"""When to try again to begin a run where too many are going."""

FOLLOWED: Final = "run_followed"
"""The signal that another process follows a run, and wants to know what it logs."""

log = structlog.get_logger("pegboard.runs")


@dataclass(frozen=True, slots=True)
class ExecutionLimits:
    """For one process: `working` are the runs whose prompt or end is worked on at once, as against
    those that wait for a model; `runs_per_tenant` counts both."""

    working: int
    working_per_tenant: int
    runs_per_tenant: int


class Executor:
    """The runs in flight of this process."""

    def __init__(
        self,
        *,
        scopes: Scopes,
        statement_scopes: Scopes,
        lease_sessions: async_sessionmaker[AsyncSession],
        log_writer: LogWriter,
        signals: Signals,
        gateway: Gateway,
        prompt_builder: PromptBuilder,
        lease_holder: LeaseHolder,
        limits: ExecutionLimits,
    ) -> None:
        """Each statement in one of the `statement_scopes` is a transaction of its own.

        Leases are renewed in `lease_sessions`, whose connections nothing else may use up.
        """
        self._limits = limits
        self._working = FairLimiter(limits.working, limits.working_per_tenant, in_company=1)
        self._lease_sessions = lease_sessions
        self._lease_holder = lease_holder
        self._log_writer = log_writer
        self._signals = signals
        self._services = RunServices(
            scopes=scopes,
            settled_runs=SettledRuns(scopes=scopes, statement_scopes=statement_scopes),
            gateway=gateway,
            prompt_builder=prompt_builder,
            turns=LoopTurns(1),
        )
        self._feeds = Feeds()
        self._starting: set[UUID] = set()
        self._runs: dict[asyncio.Task[None], RunTask] = {}
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        signals.on(CANCELLED, lambda run_id: self._request_end(run_id, Ending.CANCELLED))
        signals.on(FOLLOWED, self._followed_elsewhere)

    def check_room(self, tenant_id: UUID) -> None:
        """Raises LimitReached where the tenant has as many runs in this process as it may have."""
        running = sum(task.run.tenant_id == tenant_id for task in self._runs.values())
        if running >= self._limits.runs_per_tenant:
            REQUESTS_REJECTED.labels("runs").inc()
            raise LimitReached(
                f"{running} runs are going; no more can be begun at once",
                retry_after=_ROOM_SECONDS,
            )

    @contextmanager
    def starting(self) -> Iterator[Callable[[UUID], None]]:
        """A block in which a run is leased and then begun; it is to name the run it leases.

        From then on the run is known to be this process' own, however long its commit takes.
        """
        named: set[UUID] = set()

        def name(run_id: UUID) -> None:
            named.add(run_id)
            self._starting.add(run_id)

        try:
            yield name
        finally:
            self._starting -= named

    def begin(self, context: RunContext) -> Feed:
        """Start executing; returns the feed, to which a follower may come at any time."""
        return self._begin(context, None)

    def abort(self, context: RunContext, failure: Failure | None) -> None:
        """End a run whose process is gone: failed, or cancelled where nothing failed."""
        self._begin(context, Abort(failure))

    def run_ids(self) -> Sequence[UUID]:
        """The runs that this process executes, or is about to."""
        return [*self._starting, *(task.run.id for task in self._runs.values())]

    async def cancel(self, run_id: UUID) -> None:
        """End a run that this process executes, and return when that is recorded and published."""
        task = self._request_end(run_id, Ending.CANCELLED)
        if task is not None:
            await asyncio.wait({task})

    @property
    def busy(self) -> bool:
        """Whether a run is being executed here."""
        return bool(self._runs)

    def feed_of_thread(self, thread_id: UUID) -> Feed | None:
        """The feed of the run that this process executes on a thread."""
        return self._feeds.of_thread(thread_id)

    def feed_of_run(self, run_id: UUID) -> Feed | None:
        """The feed of a run that this process executes."""
        task = self._tasks.get(run_id)
        return None if task is None else self._runs[task].feed

    async def keep_leases(self, beat: Callable[[], None] = lambda: None) -> None:
        """Show that this process lives, for as long as it does; `beat` after each time."""
        while True:
            await asyncio.sleep(HEARTBEAT.total_seconds())
            try:
                await self._renew_leases()
                beat()
            except Exception:  # the database may be away for a moment; the lease outlives that
                log.exception("heartbeat_failed")

    async def close(self, *, grace: float) -> None:
        """Let runs end within `grace` seconds, then release what is left.

        Whose model has said nothing yet is free for another process; the others end as failed.
        """
        if self._runs:
            await asyncio.wait(self._runs, timeout=grace)
        left = list(self._runs)
        for task in left:
            _cancel(task)
        await asyncio.gather(*left, return_exceptions=True)

    def abandon(self, *, thread_id: UUID | None = None, assistant_id: UUID | None = None) -> None:
        """Stop executing what has been deleted, without waiting for it."""
        for run in [task.run for task in self._runs.values()]:
            if thread_id == run.thread_id or (
                assistant_id is not None and assistant_id == run.assistant_id
            ):
                self._request_end(run.id, Ending.CANCELLED)

    def _begin(self, context: RunContext, abort: Abort | None) -> Feed:
        know_run(context.run.id)
        feed = self._feeds.open(context.run.thread_id, first=context.first - len(context.logged))
        if context.logged:
            feed.publish(context.logged)

        async def write(entry: LogEntry) -> None:
            line = Line(context.run.tenant_id, context.run.id, context.lease, entry)
            await self._log_writer.append(line)
            self._signals.tell(LOGGED, context.run.id)

        run_task = RunTask(
            context,
            self._services,
            feed,
            EventWriter(feed, write, first=context.first, streaming=context.options.streaming),
            Slot(self._working, context.run.tenant_id),
        )
        task = asyncio.create_task(self._perform(run_task, abort), name=f"run {context.run.id}")
        self._runs[task] = run_task
        self._tasks[context.run.id] = task
        task.add_done_callback(self._forget)
        return feed

    async def _perform(self, run_task: RunTask, abort: Abort | None) -> None:
        try:
            await run_task.perform(abort)
        finally:
            self._feeds.drop(run_task.run.thread_id, run_task.feed)
            self._signals.tell(LOGGED, run_task.run.id)

    def _forget(self, task: "asyncio.Task[None]") -> None:
        run_id = self._runs.pop(task).run.id
        if self._tasks.get(run_id) is task:  # else it is being executed anew
            del self._tasks[run_id]

    def _request_end(self, run_id: UUID, ending: Ending) -> "asyncio.Task[None] | None":
        task = self._tasks.get(run_id)
        if task is None:
            return None
        run_task = self._runs[task]
        if run_task.ending is None:
            run_task.ending = ending
            _cancel(task)
        return task

    def _followed_elsewhere(self, run_id: UUID) -> None:
        task = self._tasks.get(run_id)
        if task is not None:
            self._runs[task].event_writer.has_remote_followers = True

    async def _renew_leases(self) -> None:
        """Keep what is executed here, and end what another process was asked to cancel."""
        run_ids = [task.run.id for task in self._runs.values()]
        leased = [*run_ids, *self._starting]
        if not leased:
            return
        async with self._lease_sessions.begin() as session:
            statuses = await renew(session, self._lease_holder, leased)
        for run_id in run_ids:
            if run_id not in statuses:
                self._request_end(run_id, Ending.LOST)
            elif statuses[run_id] == RunStatus.CANCELLING:
                self._request_end(run_id, Ending.CANCELLED)


def _cancel(task: "asyncio.Task[None]") -> None:
    """After its first step: cancelled before that it would take none, not even to say so."""
    asyncio.get_running_loop().call_soon(task.cancel)
