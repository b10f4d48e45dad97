"""Play runs as tasks of the application: play → record → publish.

A run belongs to the process, not to the request that began it: a client that hangs up loses its
place at the feed, and the run goes on.
"""

import asyncio
from collections import defaultdict
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import update

from app import clock
from app.documents.library import DocumentsNotIndexed
from app.documents.lookup import Found, Lookup
from app.errors import AppError, Kind
from app.identifiers import new_id
from app.llm.gateway import Gateway, ModelName
from app.memories.learning import Lesson
from app.memories.recall import Recall
from app.messages.tables import MessageStatus
from app.metrics import RUN_SECONDS, RUNS
from app.models.catalogue import Catalogue
from app.runs import engine
from app.runs.events import (
    Facts,
    MessageFinished,
    MessageStarted,
    ReasoningDelta,
    RoundFinished,
    RunCancelled,
    RunCompleted,
    RunEvent,
    RunFailed,
    RunPaused,
    RunStarted,
    TextDelta,
)
from app.runs.feed import Feed, Feeds
from app.runs.lease import HEARTBEAT, Lessee
from app.runs.options import RunOptions
from app.runs.pictures import Pictures
from app.runs.prompting import Gathered, assemble
from app.runs.recording import RunLost, Spent, is_durable, record, record_usage
from app.runs.server_tools import NoTools, ServerTools
from app.runs.snapshots import (
    Failure,
    MessageSnapshot,
    Recalled,
    Retrieved,
    RunSnapshot,
)
from app.runs.statuses import RunStatus
from app.runs.tables import Run
from app.tenants.scope import Scopes

MEMORIES: Final = 10
"""How many memories the model is given; twice as many with memory_pro."""

SETTLING_SECONDS: Final = 8.0
"""How long a search waits for what was told a moment ago to be learnt."""

BREATH_SECONDS: Final = 0.002
"""How long a run may keep the event loop to itself."""

_QUOTED: Final = 4_000
_RESTS: Final = (RunPaused, RunCompleted, RunFailed, RunCancelled)

log = structlog.get_logger("pegboard.runs")


@dataclass(frozen=True, slots=True)
class Ready:
    """A run that this process has leased, and what was read for it.

    `look_up`: there are documents to search. `awaited`: those of the message, still to be indexed.
    What this play uses is kept under its `play_id`, once.
    """

    run: RunSnapshot
    options: RunOptions
    gathered: Gathered
    look_up: bool = False
    awaited: tuple[UUID, ...] = ()
    play_id: UUID = field(default_factory=new_id)


class Execution:
    """The runs in flight of this process."""

    def __init__(
        self,
        *,
        scopes: Scopes,
        gateway: Gateway,
        catalogue: Catalogue,
        lookup: Lookup,
        recall: Recall,
        pictures: Pictures,
        web: ServerTools,
        lessee: Lessee,
        patience: float,
    ) -> None:
        """`patience`: seconds that a run waits for the files of its message to be indexed.

        `web` is what a model may use whose caller lets it search.
        """
        self._scopes = scopes
        self._lookup = lookup
        self._recall = recall
        self._pictures = pictures
        self._web = web
        self._patience = patience
        self._gateway = gateway
        self._catalogue = catalogue
        self._lessee = lessee
        self._feeds = Feeds()
        self._plays: dict[asyncio.Task[None], RunSnapshot] = {}
        self._cancelled: set[UUID] = set()

    def begin(self, ready: Ready) -> Feed:
        """Start playing; returns the feed, to which a follower may come at any time."""
        feed = self._feeds.open(ready.run.thread_id)
        task = asyncio.create_task(self._perform(ready, feed), name=f"run {ready.run.id}")
        self._plays[task] = ready.run
        task.add_done_callback(self._forget)
        return feed

    async def cancel(self, run_id: UUID) -> None:
        """End a run that this process plays, and return when it is recorded and told."""
        await asyncio.sleep(0)  # a task that is cancelled before its first step takes none
        task = self._told_to_end(run_id)
        if task is not None:
            await asyncio.wait({task})

    def feed_of_thread(self, thread_id: UUID) -> Feed | None:
        """The feed of the run that this process plays on a thread."""
        return self._feeds.of_thread(thread_id)

    async def keep_leases(self) -> None:
        """Show that this process lives, for as long as it does."""
        while True:
            await asyncio.sleep(HEARTBEAT.total_seconds())
            try:
                await self._extend_leases()
            except Exception:  # the database may be away for a moment; the lease outlives that
                log.exception("heartbeat_failed")

    async def close(self, *, grace: float) -> None:
        """Let runs end within `grace` seconds, then break off what is left, recorded as failed."""
        if self._plays:
            await asyncio.wait(self._plays, timeout=grace)
        left = list(self._plays)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def abandon(self, *, thread_id: UUID | None = None, assistant_id: UUID | None = None) -> None:
        """Stop playing what has been deleted, without waiting for it."""
        for run in list(self._plays.values()):
            if thread_id == run.thread_id or (
                assistant_id is not None and assistant_id == run.assistant_id
            ):
                self._told_to_end(run.id)

    def _told_to_end(self, run_id: UUID) -> "asyncio.Task[None] | None":
        task = next((task for task, run in self._plays.items() if run.id == run_id), None)
        if task is not None and run_id not in self._cancelled:
            self._cancelled.add(run_id)
            task.cancel()
        return task

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._cancelled.discard(self._plays.pop(task).id)

    async def _extend_leases(self) -> None:
        """Keep what is played here, and end what another process was asked to cancel."""
        by_tenant: defaultdict[UUID, list[UUID]] = defaultdict(list)
        for run in self._plays.values():
            by_tenant[run.tenant_id].append(run.id)
        for tenant_id, run_ids in by_tenant.items():
            async with self._scopes(tenant_id) as scope:
                kept = await scope.session.execute(
                    update(Run)
                    .where(
                        Run.tenant_id == tenant_id,
                        Run.id.in_(run_ids),
                        Run.lease_owner == self._lessee.process_id,
                        Run.status.in_((RunStatus.IN_PROGRESS, RunStatus.CANCELLING)),
                    )
                    .values(lease_until=self._lessee.held()["lease_until"])
                    .returning(Run.id, Run.status)
                    .execution_options(synchronize_session=False)
                )
            for run_id, status in kept.all():
                if status == RunStatus.CANCELLING:
                    self._told_to_end(run_id)

    async def _perform(self, ready: Ready, feed: Feed) -> None:
        begun = monotonic()
        status = RunStatus.FAILED
        try:
            status = await self._play(ready, feed)
        except RunLost:
            # To be cancelled just when it came to rest; or ended by somebody else, who has recorded
            # it, so that followers only need to be let go.
            status = RunStatus.CANCELLED
            await self._break_off(ready, feed, None)
        except asyncio.CancelledError:
            if ready.run.id in self._cancelled:
                status = RunStatus.CANCELLED
                await self._break_off(ready, feed, None)
            else:
                stopped = "The server was stopped before the answer was complete"
                told = Failure(Kind.UNAVAILABLE, "server_stopped", stopped)
                await self._break_off(ready, feed, told)
        except Exception:
            log.exception("run_fault", run_id=str(ready.run.id))
            fault = "The server could not finish the run"
            await self._break_off(ready, feed, Failure(Kind.UNAVAILABLE, "server_error", fault))
        finally:
            self._feeds.drop(ready.run.thread_id, feed)
            RUNS.labels(status).inc()
            RUN_SECONDS.observe(monotonic() - begun)

    async def _play(self, ready: Ready, feed: Feed) -> RunStatus:
        model = ready.options.model
        tools = self._web if ready.options.web and self._takes_tools(model) else NoTools()
        try:
            found = await self._look_up(ready)
            recalled = await self._recall_memories(ready)
            turns = await self._pictures.shown(ready.run.tenant_id, ready.gathered.turns)
            prompt, usage = assemble(
                replace(ready.gathered, turns=turns),
                found,
                recalled or (),
                ready.options,
                findings=ready.run.findings,
                server_tools=tools.tools,
                window=self._catalogue.window_of(model),
                model_name=ready.run.model.name,
            )
        except AppError as error:
            await self._break_off(ready, feed, Failure.of(error))
            return RunStatus.FAILED
        retrieved = tuple(
            Retrieved(
                one.document_id,
                one.filename,
                one.positions,
                one.rating,
                one.file_id,
                one.text[:_QUOTED] if one.file_id is not None else None,
                one.attributes,
            )
            for one in found.passages
        )
        run = replace(
            ready.run,
            context_usage=usage,
            retrieved=retrieved,
            recalled=recalled,
            memory_operation_id=new_id() if _is_learnt_from(ready) else None,
        )
        status = RunStatus.IN_PROGRESS
        what = engine.Play(run, model, ready.options, prompt, tools)
        async with aclosing(engine.play(self._gateway, what)) as played:
            breath = monotonic()
            async for facts in played:
                await self._tell(ready, feed, facts)
                status = _status_after(facts) or status
                # A provider's client that has pieces in store gives them without a pause; those who
                # follow would hear of the first when the last is there.
                if monotonic() - breath > BREATH_SECONDS:
                    await asyncio.sleep(0)
                    breath = monotonic()
        return status

    def _takes_tools(self, model: ModelName) -> bool:
        """A model that is known to take none would refuse the whole request."""
        known = self._catalogue.find(model)
        return known is None or known.tools is not False

    async def _look_up(self, ready: Ready) -> Found:
        """What the thread's documents say to the message, once its own files are indexed."""
        if not ready.look_up or ready.gathered.question_id is None:
            return Found()
        run = ready.run
        if ready.awaited:
            try:
                await self._lookup.wait_for(run.tenant_id, ready.awaited, patience=self._patience)
            except DocumentsNotIndexed:
                if not ready.options.cite:
                    raise
        return await self._lookup.find(
            run.tenant_id,
            thread_id=run.thread_id,
            assistant_id=run.assistant_id,
            question=ready.gathered.question,
            message_id=ready.gathered.question_id,
            top=ready.options.passages,
            least=ready.options.least_rating,
            vector_store_ids=ready.options.vector_store_ids,
        )

    async def _recall_memories(self, ready: Ready) -> tuple[Recalled, ...] | None:
        """What memory has for the message; None where it is not to be searched."""
        use, run = ready.options.memory, ready.run
        if not use.searches or run.assistant_id is None:
            return None
        found = await self._recall.find(
            run.tenant_id,
            run.assistant_id,
            ready.gathered.question,
            top=MEMORIES * 2 if use.careful else MEMORIES,
            patience=SETTLING_SECONDS,
        )
        return tuple(Recalled(one.id, one.content, one.score) for one in found)

    async def _tell(self, ready: Ready, feed: Feed, facts: Facts) -> None:
        """Record, then publish: nobody hears of something that is not stored."""
        if is_durable(facts):
            storing = asyncio.ensure_future(self._store(ready, facts))
            try:
                await asyncio.shield(storing)
            except asyncio.CancelledError:
                # Told to end in the midst of it: what is stored all the same is told as well.
                await asyncio.wait({storing})
                if storing.exception() is None:
                    feed.publish(facts)
                raise
        feed.publish(facts)

    async def _store(self, ready: Ready, facts: Facts) -> None:
        tenant_id, lesson = ready.run.tenant_id, _lesson(ready, facts)
        spent = Spent(ready.play_id, since=ready.run.usage)
        try:
            async with self._scopes(tenant_id) as scope:
                await record(
                    scope,
                    facts,
                    lessee_id=self._lessee.process_id,
                    spent=spent,
                    assistant_id=ready.run.assistant_id,
                    lesson=lesson,
                )
        except RunLost:
            # Perhaps it is gone with its thread; what it has used was used all the same.
            async with self._scopes(tenant_id) as scope:
                await record_usage(scope, facts, spent)
            raise

    async def _break_off(self, ready: Ready, feed: Feed, failure: Failure | None) -> None:
        """End a run that has not come to rest: failed, or cancelled where nothing failed."""
        if any(isinstance(event, _RESTS) for event in feed.events):
            return
        facts = _broken_off(ready.run, feed.events, failure)
        try:
            await self._tell(ready, feed, facts)
        except RunLost:
            feed.publish(facts)
        except Exception:
            # The lease runs out and another process ends the run; the followers are told now.
            log.exception("run_not_recorded", run_id=str(ready.run.id))
            feed.publish(facts)


def _is_learnt_from(ready: Ready) -> bool:
    return (
        ready.options.memory.writes
        and ready.run.assistant_id is not None
        and ready.gathered.question_id is not None
    )


def _lesson(ready: Ready, facts: Facts) -> Lesson | None:
    """What there is to learn, once the run is completed."""
    end = facts[-1]
    if not isinstance(end, RunCompleted) or end.run.memory_operation_id is None:
        return None
    answers = [event.message.id for event in facts if isinstance(event, MessageFinished)]
    if ready.run.assistant_id is None or ready.gathered.question_id is None:
        return None
    return Lesson(
        operation_id=end.run.memory_operation_id,
        assistant_id=ready.run.assistant_id,
        thread_id=ready.run.thread_id,
        message_id=ready.gathered.question_id,
        answer_id=answers[-1] if answers else None,
        model=ready.options.model,
        recalled=tuple(memory.content for memory in end.run.recalled or ()),
        careful=ready.options.memory.careful,
        key_id=ready.run.key_id,
    )


def _status_after(facts: Facts) -> RunStatus | None:
    run = getattr(facts[-1], "run", None)
    return run.status if isinstance(run, RunSnapshot) else None


def _broken_off(run: RunSnapshot, told: tuple[RunEvent, ...], failure: Failure | None) -> Facts:
    """The end of a run that broke off after `told`; the text that was told is kept."""
    begun = run.usage
    run = next((e.run for e in reversed(told) if isinstance(e, RunStarted | RoundFinished)), run)
    message_id = next((e.message_id for e in told if isinstance(e, MessageStarted)), new_id())
    text = "".join(e.text for e in told if isinstance(e, TextDelta))
    reasoning = "".join(e.text for e in told if isinstance(e, ReasoningDelta))
    cancelled = failure is None
    run = replace(
        run,
        status=RunStatus.CANCELLED if cancelled else RunStatus.FAILED,
        failure=failure,
        memory_operation_id=None,
    )
    message = MessageSnapshot(
        id=message_id,
        run_id=run.id,
        thread_id=run.thread_id,
        status=MessageStatus.CANCELLED if cancelled else MessageStatus.FAILED,
        content=text or None,
        reasoning=reasoning or None,
        tool_calls=(),
        model=run.model,
        usage=run.usage - begun,
        created_at=clock.now(),
        failure=failure,
    )
    return (MessageFinished(message), RunCancelled(run) if cancelled else RunFailed(run))
