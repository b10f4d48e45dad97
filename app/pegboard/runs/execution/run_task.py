"""One run in a process: executed, recorded, published; or aborted."""

import asyncio
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import partial
from time import monotonic
from typing import Final

import structlog

from pegboard.errors import AppError, ErrorKind
from pegboard.fairness import LoopTurns
from pegboard.identifiers import new_id
from pegboard.llm.gateway import Gateway
from pegboard.llm.labels import provider_label
from pegboard.runs.engine.execution import Execution
from pegboard.runs.engine.loop import execute
from pegboard.runs.execution.aborting import aborted
from pegboard.runs.execution.extraction import is_extracted_from
from pegboard.runs.execution.settling import SettledRuns
from pegboard.runs.leases import release
from pegboard.runs.model.events import Facts, RunSettled, RunStarted
from pegboard.runs.model.progress import as_last_known
from pegboard.runs.model.snapshots import Failure, RunSnapshot
from pegboard.runs.prompt.builder import PromptBuilder
from pegboard.runs.prompt.run_context import RunContext
from pegboard.runs.statuses import RunStatus
from pegboard.runs.stream.event_log import RunLost
from pegboard.runs.stream.event_writer import EventWriter, retry_while_unavailable
from pegboard.runs.stream.feed import Feed
from pegboard.slots import Slot, make_current
from pegboard.telemetry import tracing
from pegboard.telemetry.logs.ids import begin_run
from pegboard.telemetry.metrics import FIRST_TOKEN_SECONDS, RUN_SECONDS, RUNS
from pegboard.tenants.scope import Scopes

LONGEST_TURN_SECONDS: Final = 0.002
"""How long a run may keep the event loop to itself."""

log = structlog.get_logger("pegboard.runs")


class Ending(Enum):
    """Why a run is asked to end."""

    CANCELLED = auto()
    LOST = auto()


@dataclass(frozen=True, slots=True)
class Abort:
    """There is nothing to execute: the run is to end, cancelled where nothing failed."""

    failure: Failure | None


@dataclass(frozen=True, slots=True)
class RunServices:
    """What the runs of a process share. `turns` are taken on the event loop, run by run."""

    scopes: Scopes
    settled_runs: SettledRuns
    gateway: Gateway
    prompt_builder: PromptBuilder
    turns: LoopTurns


@dataclass(slots=True)
class RunTask:
    """A run in flight. `ending` is set before its task is cancelled."""

    context: RunContext
    services: RunServices
    feed: Feed
    event_writer: EventWriter
    slot: Slot
    ending: Ending | None = None

    @property
    def run(self) -> RunSnapshot:
        return self.context.run

    async def perform(self, abort: Abort | None) -> None:
        """Execute the run until it settles, or abort it; raises nothing."""
        run = self.run
        make_current(self.slot)
        begin_run(run_id=run.id, thread_id=run.thread_id, tenant_id=run.tenant_id)
        with tracing.span("run", attributes=_attributes(run)) as span:
            status = await self._settle(abort)
            span.set("pegboard.status", str(status))
            if status is RunStatus.FAILED:
                span.fail("run_failed")

    async def _settle(self, abort: Abort | None) -> RunStatus:
        begun = monotonic()
        status = RunStatus.FAILED
        try:
            if abort is None:
                status = await self._execute()
            else:
                await self._abort(abort.failure)
        except RunLost:
            # To be cancelled just when it settled; or ended, or taken up, by somebody else.
            status = RunStatus.CANCELLED
            await self._abort(None)
        except asyncio.CancelledError:
            status = await self._end_as_requested()
        except Exception:
            log.exception("run_fault")
            fault = "The server could not finish the run"
            await self._abort(Failure(ErrorKind.UNAVAILABLE, "server_error", fault))
        finally:
            seconds = monotonic() - begun
            RUNS.labels(status).inc()
            RUN_SECONDS.observe(seconds)
            log.info("run_settled", status=str(status), ms=round(seconds * 1000, 1))
        return status

    async def _end_as_requested(self) -> RunStatus:
        if self.ending is Ending.LOST:
            return RunStatus.IN_PROGRESS
        if self.ending is Ending.CANCELLED:
            await self._abort(None)
            return RunStatus.CANCELLED
        if not any(event.traits.is_output for event in self.event_writer.events):
            await self._release()
            return RunStatus.IN_PROGRESS
        stopped = "The server was stopped before the answer was complete"
        await self._abort(Failure(ErrorKind.UNAVAILABLE, "server_stopped", stopped))
        return RunStatus.FAILED

    async def _release(self) -> None:
        """Let another process execute the run from where it began; nobody has seen any of it."""
        async with self.services.scopes(self.run.tenant_id) as scope:
            await release(scope, self.run.id, self.context.lease)

    async def _execute(self) -> RunStatus:
        begun = monotonic()
        try:
            execution = await self._prepare()
        except AppError as error:
            await self._abort(Failure.of(error))
            return RunStatus.FAILED
        status = RunStatus.IN_PROGRESS
        logged = {type(event) for event in self.context.logged}
        # Of an answer that is not streamed nobody waits for the first piece.
        silent = self.context.options.streaming
        async with aclosing(execute(self.services.gateway, execution)) as moments:
            turn_began = monotonic()
            async for facts in moments:
                if isinstance(facts[0], RunStarted):
                    facts = tuple(fact for fact in facts if type(fact) not in logged)  # noqa: PLW2901
                    if not facts:
                        continue
                await self._record(facts)
                if isinstance(facts[-1], RunSettled):
                    status = facts[-1].run.status
                if silent and any(fact.traits.is_output for fact in facts):
                    silent = False
                    provider = provider_label(self.run.model.provider)
                    FIRST_TOKEN_SECONDS.labels(provider).observe(monotonic() - begun)
                # A provider's client that has pieces in store gives them without a pause; those who
                # follow would get the first when the last is there. And of many runs that have
                # a piece one goes on at a time, in turn across tenants, between other work.
                if monotonic() - turn_began > LONGEST_TURN_SECONDS:
                    await asyncio.sleep(0)
                    await self.services.turns.take(self.run.tenant_id)
                    turn_began = monotonic()
        return status

    async def _prepare(self) -> Execution:
        """What the model is going to read. Raises AppError where the model cannot be asked."""
        context = self.context
        before = as_last_known(context.run, context.logged)
        async with self.slot:
            prepared = await self.services.prompt_builder.build(context, before)
        run = replace(
            before,
            context_usage=prepared.usage,
            retrieved=prepared.retrieved,
            recalled=prepared.recalled,
            memory_operation_id=new_id() if is_extracted_from(context) else None,
        )
        return Execution(
            run,
            context.options.model,
            context.options,
            prepared.prompt,
            prepared.tools,
            context.logged,
        )

    async def _record(self, facts: Facts) -> None:
        """Record, then publish: nobody is shown what is not stored."""
        if not any(fact.traits.is_durable for fact in facts):
            await self.event_writer.add(facts)
            return
        storing = asyncio.ensure_future(self._store(facts))
        try:
            await asyncio.shield(storing)
        except asyncio.CancelledError:
            # Asked to end in the midst of it: what is stored all the same is published too, and
            # what was not is stored with the end that is to come.
            await asyncio.wait({storing})
            with suppress(Exception):
                storing.result()
            raise

    async def _store(self, facts: Facts) -> None:
        entry = await self.event_writer.closing(facts)
        store = partial(self.services.settled_runs.store, self.context, facts, entry)
        async with self.slot:
            await retry_while_unavailable(store)
        self.event_writer.publish(entry)

    async def _abort(self, failure: Failure | None) -> None:
        """End a run that has not settled: failed, or cancelled where nothing failed."""
        events = self.event_writer.events
        if any(event.traits.settles for event in events):
            return
        facts = aborted(self.run, events, failure)
        settled_runs = self.services.settled_runs
        try:
            await self._record(facts)
        except RunLost:
            # What became of it stands in its log, unless it is gone with its thread.
            if not await settled_runs.exists(self.run):
                self.event_writer.abandon(facts)
        except Exception:
            log.exception("run_not_recorded")
            entry = self.event_writer.abandon(facts)
            await settled_runs.store_late(self.context, facts, entry)


def _attributes(run: RunSnapshot) -> tracing.Attributes:
    ids = {
        "pegboard.run_id": str(run.id),
        "pegboard.thread_id": str(run.thread_id),
        "pegboard.tenant_id": str(run.tenant_id),
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.conversation.id": str(run.thread_id),
    }
    return ids if run.assistant_id is None else {**ids, "gen_ai.agent.id": str(run.assistant_id)}
