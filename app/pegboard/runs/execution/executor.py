"""Play runs as tasks of the application: play → record → publish.

A run belongs to the process, not to the request that began it: a client that hangs up loses its
place at the feed, and the run goes on.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import partial
from time import monotonic
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from pegboard.db.availability import is_passing
from pegboard.db.signals import Signals
from pegboard.errors import AppError, Kind
from pegboard.fairness import FairLimiter, LoopTurns
from pegboard.identifiers import new_id
from pegboard.llm.gateway import Gateway
from pegboard.llm.labels import provider_label
from pegboard.runs import queries
from pegboard.runs.engine.loop import Play, play
from pegboard.runs.execution.aborting import aborted
from pegboard.runs.execution.cancellation import CANCELLED
from pegboard.runs.execution.extraction import extraction_of, is_extracted_from
from pegboard.runs.execution.recording import Spent, is_durable, record, record_usage
from pegboard.runs.leases import HEARTBEAT, LeaseHolder, release, renew
from pegboard.runs.model.events import RESTS, VISIBLE, Facts, MessageStarted, RunStarted
from pegboard.runs.model.snapshots import Failure, RunSnapshot
from pegboard.runs.prompt.builder import PromptBuilder
from pegboard.runs.prompt.run_context import RunContext, left_off
from pegboard.runs.statuses import RunStatus
from pegboard.runs.stream.event_log import LOGGED, Line, LogEntry, RunLost
from pegboard.runs.stream.event_writer import EventWriter, retry_while_unavailable
from pegboard.runs.stream.feed import Feed, Feeds
from pegboard.runs.stream.log_writer import LogWriter
from pegboard.slots import Slot, make_current
from pegboard.telemetry import tracing
from pegboard.telemetry.logs.ids import begin_run, know_run
from pegboard.telemetry.metrics import FIRST_TOKEN_SECONDS, REQUESTS_REJECTED, RUN_SECONDS, RUNS
from pegboard.tenants.limits import LimitReached
from pegboard.tenants.scope import Scopes

_ROOM_SECONDS: Final = 2.0
"""When to try again to begin a run where too many are going."""

_LATE_SECONDS: Final = 1.0
"""How long to wait before an end that could not be recorded is recorded again."""

BREATH_SECONDS: Final = 0.002
"""How long a run may keep the event loop to itself."""

FOLLOWED: Final = "run_followed"
"""The signal that another process follows a run, and wants to hear of what it logs."""

log = structlog.get_logger("pegboard.runs")


@dataclass(frozen=True, slots=True)
class ExecutionLimits:
    """For one process: `working` are the runs whose prompt or end is worked on at once, as against
    those that wait for a model; `runs_per_tenant` counts both."""

    working: int
    working_per_tenant: int
    runs_per_tenant: int


class Execution:
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
        self._turns = LoopTurns(1)
        self._starting: set[UUID] = set()
        self._lease_sessions = lease_sessions
        self._scopes = scopes
        self._statement_scopes = statement_scopes
        self._log_writer = log_writer
        self._signals = signals
        self._gateway = gateway
        self._briefing = prompt_builder
        self._lessee = lease_holder
        self._feeds = Feeds()
        self._plays: dict[asyncio.Task[None], _Played] = {}
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        signals.on(CANCELLED, lambda run_id: self._tell_to_end(run_id, _End.CANCELLED))
        signals.on(FOLLOWED, self._heard_elsewhere)

    def check_room(self, tenant_id: UUID) -> None:
        """Raises LimitReached where the tenant has as many runs in this process as it may have."""
        running = sum(played.run.tenant_id == tenant_id for played in self._plays.values())
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
        """Start playing; returns the feed, to which a follower may come at any time."""
        return self._begin(context, None)

    def abort(self, context: RunContext, failure: Failure | None) -> None:
        """End a run whose process is gone: failed, or cancelled where nothing failed."""
        self._begin(context, _BreakOff(failure))

    def playing(self) -> Sequence[UUID]:
        """The runs that this process plays, or is about to."""
        return [*self._starting, *(played.run.id for played in self._plays.values())]

    async def cancel(self, run_id: UUID) -> None:
        """End a run that this process plays, and return when it is recorded and told."""
        task = self._tell_to_end(run_id, _End.CANCELLED)
        if task is not None:
            await asyncio.wait({task})

    @property
    def busy(self) -> bool:
        """Whether a run is being played here."""
        return bool(self._plays)

    def feed_of_thread(self, thread_id: UUID) -> Feed | None:
        """The feed of the run that this process plays on a thread."""
        return self._feeds.of_thread(thread_id)

    def feed_of_run(self, run_id: UUID) -> Feed | None:
        """The feed of a run that this process plays."""
        task = self._tasks.get(run_id)
        return None if task is None else self._plays[task].feed

    async def keep_leases(self, beat: Callable[[], None] = lambda: None) -> None:
        """Show that this process lives, for as long as it does; `beat` after each time."""
        while True:
            await asyncio.sleep(HEARTBEAT.total_seconds())
            try:
                await self._extend_leases()
                beat()
            except Exception:  # the database may be away for a moment; the lease outlives that
                log.exception("heartbeat_failed")

    async def close(self, *, grace: float) -> None:
        """Let runs end within `grace` seconds, then hand over what is left.

        Whose model has said nothing yet is free for another process; the others end as failed.
        """
        if self._plays:
            await asyncio.wait(self._plays, timeout=grace)
        left = list(self._plays)
        for task in left:
            _cancel(task)
        await asyncio.gather(*left, return_exceptions=True)

    def abandon(self, *, thread_id: UUID | None = None, assistant_id: UUID | None = None) -> None:
        """Stop playing what has been deleted, without waiting for it."""
        for played in list(self._plays.values()):
            run = played.run
            if thread_id == run.thread_id or (
                assistant_id is not None and assistant_id == run.assistant_id
            ):
                self._tell_to_end(run.id, _End.CANCELLED)

    def _begin(self, context: RunContext, end: "_BreakOff | None") -> Feed:
        know_run(context.run.id)
        feed = self._feeds.open(context.run.thread_id, first=context.first - len(context.logged))
        if context.logged:
            feed.publish(context.logged)

        async def write(entry: LogEntry) -> None:
            line = Line(context.run.tenant_id, context.run.id, context.lease, entry)
            await self._log_writer.append(line)
            self._signals.tell(LOGGED, context.run.id)

        event_writer = EventWriter(
            feed, write, first=context.first, whole=not context.options.streaming
        )
        slot = Slot(self._working, context.run.tenant_id)
        played = _Played(context.run, feed, event_writer, slot)
        task = asyncio.create_task(
            self._perform(context, played, end), name=f"run {context.run.id}"
        )
        self._plays[task] = played
        self._tasks[context.run.id] = task
        task.add_done_callback(self._forget)
        return feed

    def _forget(self, task: "asyncio.Task[None]") -> None:
        run_id = self._plays.pop(task).run.id
        if self._tasks.get(run_id) is task:  # else it is being played anew
            del self._tasks[run_id]

    def _tell_to_end(self, run_id: UUID, end: "_End") -> "asyncio.Task[None] | None":
        task = self._tasks.get(run_id)
        if task is None:
            return None
        played = self._plays[task]
        if played.end is None:
            played.end = end
            _cancel(task)
        return task

    def _heard_elsewhere(self, run_id: UUID) -> None:
        task = self._tasks.get(run_id)
        if task is not None:
            self._plays[task].event_writer.heard = True

    async def _extend_leases(self) -> None:
        """Keep what is played here, and end what another process was asked to cancel."""
        run_ids = [played.run.id for played in self._plays.values()]
        known = [*run_ids, *self._starting]
        if not known:
            return
        async with self._lease_sessions.begin() as session:
            found = await renew(session, self._lessee, known)
        for run_id in run_ids:
            if run_id not in found:
                self._tell_to_end(run_id, _End.LOST)
            elif found[run_id] == RunStatus.CANCELLING:
                self._tell_to_end(run_id, _End.CANCELLED)

    async def _perform(
        self, context: RunContext, played: "_Played", end: "_BreakOff | None"
    ) -> None:
        run = context.run
        make_current(played.slot)
        begin_run(run_id=run.id, thread_id=run.thread_id, tenant_id=run.tenant_id)
        with tracing.span("run", attributes=_ids(run)) as span:
            status = await self._settle(context, played, end)
            span.set("pegboard.status", str(status))
            if status is RunStatus.FAILED:
                span.fail("run_failed")

    async def _settle(
        self, context: RunContext, played: "_Played", end: "_BreakOff | None"
    ) -> RunStatus:
        """Play a run or break it off, count it, and say how it came to rest."""
        begun = monotonic()
        status = RunStatus.FAILED
        try:
            if end is None:
                status = await self._play(context, played)
            else:
                await self._break_off(context, played, end.failure)
        except RunLost:
            # To be cancelled just when it came to rest; or ended, or taken up, by somebody else.
            status = RunStatus.CANCELLED
            await self._break_off(context, played, None)
        except asyncio.CancelledError:
            status = await self._told_to_end(context, played)
        except Exception:
            log.exception("run_fault")
            fault = "The server could not finish the run"
            failure = Failure(Kind.UNAVAILABLE, "server_error", fault)
            await self._break_off(context, played, failure)
        finally:
            self._feeds.drop(context.run.thread_id, played.feed)
            self._signals.tell(LOGGED, context.run.id)
            seconds = monotonic() - begun
            RUNS.labels(status).inc()
            RUN_SECONDS.observe(seconds)
            log.info("run_settled", status=str(status), ms=round(seconds * 1000, 1))
        return status

    async def _told_to_end(self, context: RunContext, played: "_Played") -> RunStatus:
        if played.end is _End.LOST:
            return RunStatus.IN_PROGRESS
        if played.end is _End.CANCELLED:
            await self._break_off(context, played, None)
            return RunStatus.CANCELLED
        if not any(isinstance(event, VISIBLE) for event in played.event_writer.said):
            await self._hand_over(context)
            return RunStatus.IN_PROGRESS
        stopped = "The server was stopped before the answer was complete"
        told = Failure(Kind.UNAVAILABLE, "server_stopped", stopped)
        await self._break_off(context, played, told)
        return RunStatus.FAILED

    async def _hand_over(self, context: RunContext) -> None:
        """Let another process play the run from where it began; nobody has heard of it yet."""
        async with self._scopes(context.run.tenant_id) as scope:
            await release(scope, context.run.id, context.lease)

    async def _play(self, context: RunContext, played: "_Played") -> RunStatus:
        begun = monotonic()
        before = left_off(context)
        try:
            async with played.slot:
                brief = await self._briefing.brief(context, before)
        except AppError as error:
            await self._break_off(context, played, Failure.of(error))
            return RunStatus.FAILED
        run = replace(
            before,
            context_usage=brief.usage,
            retrieved=brief.retrieved,
            recalled=brief.recalled,
            memory_operation_id=new_id() if is_extracted_from(context) else None,
        )
        status = RunStatus.IN_PROGRESS
        answer = next((e for e in context.logged if isinstance(e, MessageStarted)), None)
        what = Play(run, context.options.model, context.options, brief.prompt, brief.tools, answer)
        told = {type(event) for event in context.logged}
        silent = context.options.streaming  # of a whole answer nobody waits for the first piece
        async with aclosing(play(self._gateway, what)) as moments:
            breath = monotonic()
            async for facts in moments:
                if isinstance(facts[0], RunStarted):
                    facts = tuple(fact for fact in facts if type(fact) not in told)  # noqa: PLW2901
                    if not facts:
                        continue
                await self._tell(context, played, facts)
                status = _status_after(facts) or status
                if silent and any(isinstance(fact, VISIBLE) for fact in facts):
                    silent = False
                    provider = provider_label(run.model.provider)
                    FIRST_TOKEN_SECONDS.labels(provider).observe(monotonic() - begun)
                # A provider's client that has pieces in store gives them without a pause; those who
                # follow would hear of the first when the last is there. And of many runs that have
                # a piece one goes on at a time, in turn across tenants, between other work.
                if monotonic() - breath > BREATH_SECONDS:
                    await asyncio.sleep(0)
                    await self._turns.take(run.tenant_id)
                    breath = monotonic()
        return status

    async def _tell(self, context: RunContext, played: "_Played", facts: Facts) -> None:
        """Record, then publish: nobody hears of something that is not stored."""
        if not is_durable(facts):
            await played.event_writer.add(facts)
            return
        storing = asyncio.ensure_future(self._end(context, played, facts))
        try:
            await asyncio.shield(storing)
        except asyncio.CancelledError:
            # Told to end in the midst of it: what is stored all the same is told as well, and what
            # was not is stored with the end that is to come.
            await asyncio.wait({storing})
            with suppress(Exception):
                storing.result()
            raise

    async def _end(self, context: RunContext, played: "_Played", facts: Facts) -> None:
        entry = await played.event_writer.closing(facts)
        async with played.slot:
            await retry_while_unavailable(partial(self._store, context, facts, entry))
        played.event_writer.publish(entry)

    async def _store(self, context: RunContext, facts: Facts, entry: LogEntry) -> None:
        tenant_id, extraction = context.run.tenant_id, extraction_of(context, facts)
        spent = Spent(context.play_id, since=context.run.usage)
        try:
            async with self._scopes(tenant_id) as scope:
                await record(
                    scope,
                    facts,
                    entry=entry,
                    lease=context.lease,
                    spent=spent,
                    assistant_id=context.run.assistant_id,
                    extraction=extraction,
                )
        except RunLost:
            # Perhaps it is gone with its thread; what it has used was used all the same.
            async with self._scopes(tenant_id) as scope:
                await record_usage(scope, facts, spent)
            raise

    async def _break_off(
        self, context: RunContext, played: "_Played", failure: Failure | None
    ) -> None:
        """End a run that has not come to rest: failed, or cancelled where nothing failed."""
        event_writer = played.event_writer
        if any(isinstance(event, RESTS) for event in event_writer.said):
            return
        facts = aborted(context.run, event_writer.said, failure)
        try:
            await self._tell(context, played, facts)
        except RunLost:
            # What became of it stands in its log, unless it is gone with its thread.
            if not await self._is_there(context.run):
                event_writer.abandon(facts)
        except Exception:
            log.exception("run_not_recorded")
            await self._store_late(context, facts, event_writer.abandon(facts))

    async def _store_late(self, context: RunContext, facts: Facts, entry: LogEntry) -> None:
        """Record an end that was told before it could be recorded, as soon as that is possible.

        Until then the run stays in this process' hands: let go, it would be begun once more by
        whoever finds it, though its caller was told of its end.
        """
        while True:
            await asyncio.sleep(_LATE_SECONDS)
            try:
                await self._store(context, facts, entry)
            except RunLost:
                return
            except Exception as error:
                if not is_passing(error):
                    log.exception("run_not_recorded")
                    return
            else:
                return

    async def _is_there(self, run: RunSnapshot) -> bool:
        async with self._statement_scopes(run.tenant_id) as scope:
            found = await queries.get(scope, thread_id=run.thread_id, run_id=run.id)
        return found is not None


class _End(Enum):
    """Why a play is told to end."""

    CANCELLED = auto()
    LOST = auto()


@dataclass(frozen=True, slots=True)
class _BreakOff:
    """There is nothing to play: the run is to end."""

    failure: Failure | None


@dataclass(slots=True)
class _Played:
    """A run in flight."""

    run: RunSnapshot
    feed: Feed
    event_writer: EventWriter
    slot: Slot
    end: _End | None = None


def _cancel(task: "asyncio.Task[None]") -> None:
    """After its first step: cancelled before that it would take none, not even to say so."""
    asyncio.get_running_loop().call_soon(task.cancel)


def _ids(run: RunSnapshot) -> tracing.Attributes:
    ids = {
        "pegboard.run_id": str(run.id),
        "pegboard.thread_id": str(run.thread_id),
        "pegboard.tenant_id": str(run.tenant_id),
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.conversation.id": str(run.thread_id),
    }
    return ids if run.assistant_id is None else {**ids, "gen_ai.agent.id": str(run.assistant_id)}


def _status_after(facts: Facts) -> RunStatus | None:
    run = getattr(facts[-1], "run", None)
    return run.status if isinstance(run, RunSnapshot) else None
