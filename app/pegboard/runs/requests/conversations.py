"""A message or tool outputs in, a run being played out: the engine's front desk for every API."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from pegboard.assistants.tools import Tools
from pegboard.db.engine import is_collision
from pegboard.documents import operations as documents
from pegboard.documents.attaching import Attaching
from pegboard.documents.search_scope import DocumentsNotIndexed
from pegboard.documents.wanted_resources import copied_files
from pegboard.errors import NotFound
from pegboard.identifiers import new_id
from pegboard.llm.gateway import Gateway, GenerationOptions, ModelName
from pegboard.memories.learning import ExtractionRequest, open_operation
from pegboard.memories.modes import MemoryUse
from pegboard.messages.tables import Message
from pegboard.models.catalogue import Catalogue
from pegboard.runs import queries
from pegboard.runs.execution import cancellation
from pegboard.runs.execution.executor import Execution
from pegboard.runs.leases import LeaseHolder
from pegboard.runs.model.options import Extensions, RunOptions, from_json
from pegboard.runs.model.snapshots import MessageSnapshot, RunSnapshot
from pegboard.runs.prompt.run_context import RunContext, run_context_of
from pegboard.runs.requests import (
    admission,
    create,
    create_run,
    message_files,
    submit_tool_outputs,
)
from pegboard.runs.requests.create import NewMessage, NewThread, StoredMessage, ThreadBusy
from pegboard.runs.requests.create_run import ThreadRunRequest
from pegboard.runs.requests.submit_tool_outputs import NothingPending, Overrides, ToolOutput
from pegboard.runs.requests.thread_queues import ThreadLines
from pegboard.runs.statuses import ACTIVE, RunStatus
from pegboard.runs.stored import answer_of, snapshot_of
from pegboard.runs.stream.feed import Feed
from pegboard.runs.tables import Run
from pegboard.runs.thread_lock import ThreadState, lock_thread
from pegboard.slots import waiting
from pegboard.tenants.callers import Caller
from pegboard.tenants.limits import UNLIMITED
from pegboard.tenants.scope import Scope, Scopes
from pegboard.threads import operations as threads
from pegboard.usage.budgets import check_tokens

_POLL: Final = 0.1
CANCELLING_SECONDS: Final = 5.0
"""How long a cancellation waits for the process that plays the run."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What the caller wants of one turn; None leaves the assistant's own."""

    model: ModelName
    instructions: str | None = None
    tools: Tools | None = None
    memory: MemoryUse = field(default_factory=MemoryUse)
    web: bool = False
    generation: GenerationOptions = field(default_factory=GenerationOptions)
    script: Any = None
    streaming: bool = True


@dataclass(frozen=True, slots=True)
class Turn:
    """A run on its way. `message` is the user's, None where tool outputs took the run up again.

    `first` is the number of the first event that its `feed` tells.
    """

    run: RunSnapshot
    row: Run
    feed: Feed
    first: int = 0
    message: StoredMessage | None = None


@dataclass(frozen=True, slots=True)
class PendingAction:
    """A run that waits for the outputs of its calls, as its thread shows it."""

    run: RunSnapshot
    message: MessageSnapshot


class Conversations:
    """Takes turns on threads, one at a time on each."""

    def __init__(
        self,
        *,
        scopes: Scopes,
        gateway: Gateway,
        catalogue: Catalogue,
        execution: Execution,
        lease_holder: LeaseHolder,
        attaching: Attaching,
        patience: float,
    ) -> None:
        """`patience`: seconds that a message waits for what keeps its thread from taking it."""
        self._patience = patience
        self._scopes = scopes
        self._gateway = gateway
        self._catalogue = catalogue
        self._execution = execution
        self._lessee = lease_holder
        self._attaching = attaching
        self._lines = ThreadLines()

    async def say(
        self, caller: Caller, *, place: UUID | NewThread, new: NewMessage, request: RunRequest
    ) -> Turn:
        """Store a message on a thread, or on one that it opens, and start to answer it.

        Raises NotFound, ThreadBusy, DocumentsNotIndexed, LimitReached; nothing is stored then.
        """
        self._execution.check_room(caller.tenant_id)

        async def attempt() -> Turn:
            with self._execution.starting() as starts:
                stored, run, context = await self._start(caller, place, new, request, starts)
                return Turn(context.run, run, self._execution.begin(context), context.first, stored)

        return await self._when_idle(place, attempt)

    async def store(
        self,
        caller: Caller,
        *,
        place: UUID | NewThread,
        new: NewMessage,
        memory: MemoryUse,
        model: ModelName,
    ) -> StoredMessage:
        """Store a message that nobody answers. Where memory is written, it is learnt from.

        Raises NotFound, ThreadBusy, LimitReached; nothing is stored then.
        """

        async def attempt() -> StoredMessage:
            async with self._scopes(caller.tenant_id) as scope:
                thread_state = await create.open_place(scope, place)
                stored = await create.store_message(scope, thread_state, new)
                await threads.touch(scope, thread_state.thread_id)
                if not memory.writes or thread_state.assistant_id is None:
                    return stored
                await check_tokens(scope, caller)
                extraction = ExtractionRequest(
                    operation_id=new_id(),
                    assistant_id=thread_state.assistant_id,
                    thread_id=thread_state.thread_id,
                    message_id=stored.row.id,
                    answer_id=None,
                    model=model,
                    careful=memory.careful,
                    key_id=caller.key_id,
                )
                await open_operation(scope, extraction)
                return replace(stored, memory_operation_id=extraction.operation_id)

        return await self._when_idle(place, attempt)

    async def submit(
        self,
        caller: Caller,
        *,
        thread_id: UUID,
        run_id: UUID | None,
        outputs: Sequence[ToolOutput],
        overrides: Overrides,
        streaming: bool,
    ) -> Turn:
        """Store the outputs of a paused run and play it on.

        Without a run's id, that of the one run of the thread that waits. Raises NotFound,
        NothingPending, IllegalRunMove, WrongOutputs, LimitReached; nothing has changed then.
        """
        self._execution.check_room(caller.tenant_id)
        with self._execution.starting() as starts:
            return await self._submit(
                caller, thread_id, run_id, outputs, overrides, streaming=streaming, starts=starts
            )

    async def _submit(
        self,
        caller: Caller,
        thread_id: UUID,
        run_id: UUID | None,
        outputs: Sequence[ToolOutput],
        overrides: Overrides,
        *,
        streaming: bool,
        starts: Callable[[UUID], None],
    ) -> Turn:
        async with self._scopes(caller.tenant_id) as scope:
            thread_state = await lock_thread(scope, thread_id)
            if run_id is None:
                run_id = _waiting(thread_state)
            run = await submit_tool_outputs.resume_run(
                scope,
                caller=caller,
                thread_id=thread_id,
                run_id=run_id,
                outputs=outputs,
                overrides=overrides,
                streaming=streaming,
                lease_holder=self._lessee,
            )
            starts(run.id)
            context = await self._ready(scope, run, from_json(run.options))
            stores = context.options.vector_store_ids
            context = replace(context, look_up=thread_state.has_documents or bool(stores))
        return Turn(context.run, run, self._execution.begin(context), context.first)

    async def _check_limits(self, caller: Caller) -> None:
        """Raises LimitReached where a run could not begin: before bytes are copied for it."""
        if caller.limits != UNLIMITED:
            async with self._scopes(caller.tenant_id) as scope:
                await admission.check(scope, caller)

    async def start(
        self, caller: Caller, place: UUID | NewThread, request: ThreadRunRequest
    ) -> Turn:
        """Begin a run on a thread as it is, with the messages that the request adds.

        Raises NotFound, RunActive, NothingToAnswer, UnsupportedPicture, StoreExpired,
        TooManyPending, LimitReached; nothing has changed then.
        """
        self._execution.check_room(caller.tenant_id)
        await self._check_limits(caller)
        with self._execution.starting() as starts:
            return await self._start_asked(caller, place, request, starts)

    async def _start_asked(
        self,
        caller: Caller,
        place: UUID | NewThread,
        request: ThreadRunRequest,
        starts: Callable[[UUID], None],
    ) -> Turn:
        async with self._attaching.transaction(
            caller.tenant_id,
            _copied_for(place),
            message_files.searched(request.messages),
            copied_files(request.tool_resources),
        ) as (scope, copies):
            thread_state = await create_run.open_thread(scope, place, copies)
            options = await create_run.prepare(scope, thread_state, request, copies)
            run = await create.begin_run(
                scope,
                replace(thread_state, assistant_id=request.assistant_id),
                caller=caller,
                options=options,
                reported=self._gateway.answers_as(options.model),
                lease_holder=self._lessee,
                expires_after=request.expires_after,
                labels=request.labels,
            )
            starts(run.id)
            context = await self._ready(scope, run, options)
            stores = options.vector_store_ids
            context = replace(
                context,
                look_up=thread_state.has_documents or bool(stores),
                awaited=await documents.unfinished_in_stores(scope, stores) if stores else (),
            )
        return Turn(context.run, run, self._execution.begin(context), context.first)

    async def add(
        self, tenant_id: UUID, place: UUID | NewThread, messages: Sequence[NewMessage]
    ) -> Sequence[Message]:
        """Put messages on a new thread, or on one that has no run going.

        Raises NotFound, RunActive, UnsupportedPicture, StoreExpired, TooManyPending; nothing has
        changed then.
        """
        async with self._attaching.transaction(
            tenant_id, _copied_for(place), message_files.searched(messages)
        ) as (scope, copies):
            thread_state = await create_run.open_thread(scope, place, copies)
            return await create_run.add_messages(scope, thread_state, messages, copies)

    @asynccontextmanager
    async def idle(self, tenant_id: UUID, thread_id: UUID) -> AsyncIterator[Scope]:
        """A scope in which no run begins on the thread. Raises NotFound and RunActive."""
        async with self._scopes(tenant_id) as scope:
            await create_run.hold_idle(scope, thread_id)
            yield scope

    async def cancel(self, tenant_id: UUID, *, thread_id: UUID, run_id: UUID) -> bool:
        """End a run, wherever it is played; False where it had ended otherwise. Raises NotFound.

        Returns once it is ended, with the text that was told kept, or after some seconds where
        another process plays it.
        """
        async with self._scopes(tenant_id) as scope:
            await lock_thread(scope, thread_id)
            status = await self._status(scope, thread_id, run_id)
            if status is RunStatus.REQUIRES_ACTION:
                return await cancellation.cancel_paused(scope, thread_id=thread_id, run_id=run_id)
            if status not in ACTIVE:
                return status is RunStatus.CANCELLED
            await cancellation.request(scope, run_id)
        async with waiting():
            await self._execution.cancel(run_id)
        deadline = asyncio.get_running_loop().time() + CANCELLING_SECONDS
        while True:
            async with self._scopes(tenant_id) as scope:
                status = await self._status(scope, thread_id, run_id)
            if status not in ACTIVE:
                return status is RunStatus.CANCELLED
            if asyncio.get_running_loop().time() > deadline:
                return True
            async with waiting():
                await asyncio.sleep(_POLL)

    async def _status(self, scope: Scope, thread_id: UUID, run_id: UUID) -> RunStatus:
        run = await queries.get(scope, thread_id=thread_id, run_id=run_id)
        if run is None:
            raise NotFound("Run", run_id)
        return RunStatus(run.status)

    async def pending(self, tenant_id: UUID, thread_id: UUID) -> PendingAction | None:
        """What the thread's paused run waits for, if there is one."""
        async with self._scopes(tenant_id) as scope:
            thread_state = await lock_thread(scope, thread_id)
            if thread_state.active_run is None:
                return None
            run_id, _ = thread_state.active_run
            run = await queries.get(scope, thread_id=thread_id, run_id=run_id)
            message = await queries.waiting_message(scope, thread_id=thread_id, run_id=run_id)
            if run is None or message is None:
                return None
            return PendingAction(snapshot_of(run), answer_of(message, run))

    async def _start(
        self,
        caller: Caller,
        place: UUID | NewThread,
        new: NewMessage,
        request: RunRequest,
        starts: Callable[[UUID], None],
    ) -> tuple[StoredMessage, Run, RunContext]:
        async with self._scopes(caller.tenant_id) as scope:
            thread_state = await create.open_place(scope, place)
            if thread_state.unfinished:
                raise DocumentsNotIndexed(thread_state.unfinished)
            instructions, tools = request.instructions, request.tools
            options = RunOptions(
                model=request.model,
                instructions=(thread_state.instructions or "")
                if instructions is None
                else instructions,
                tools=thread_state.tools if tools is None else tools,
                passages=thread_state.tok_k,
                memory=request.memory,
                web=request.web,
                generation=request.generation,
                extensions=Extensions(sandbox_script=request.script),
                streaming=request.streaming,
            )
            stored = await create.store_message(scope, thread_state, new)
            run = await create.begin_run(
                scope,
                thread_state,
                caller=caller,
                options=options,
                reported=self._gateway.answers_as(request.model),
                lease_holder=self._lessee,
            )
            starts(run.id)
            context = await self._ready(scope, run, options)
            return (
                stored,
                run,
                replace(
                    context,
                    look_up=thread_state.has_documents or bool(stored.attachments),
                    awaited=tuple(document.id for document in stored.attachments),
                ),
            )

    async def _ready(self, scope: Scope, run: Run, options: RunOptions) -> RunContext:
        return await run_context_of(
            scope, run, options, lease_holder=self._lessee, catalogue=self._catalogue
        )

    async def _when_idle(
        self, place: UUID | NewThread, attempt: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """Try until no other run is being played on the thread, or patience is used up."""
        deadline = asyncio.get_running_loop().time() + self._patience
        if isinstance(place, NewThread):
            return await self._attempts(place.id, attempt, deadline)
        async with self._lines.place(place, deadline=deadline):
            return await self._attempts(place, attempt, deadline)

    async def _attempts(
        self, thread_id: UUID, attempt: Callable[[], Awaitable[Answer]], deadline: float
    ) -> Answer:
        loop = asyncio.get_running_loop()
        while True:
            try:
                return await attempt()
            except DBAPIError as error:
                if not is_collision(error) or loop.time() > deadline:
                    raise
            except (ThreadBusy, DocumentsNotIndexed) as reason:
                left = deadline - loop.time()
                if left <= 0:
                    raise
                busy = isinstance(reason, ThreadBusy)
                feed = self._execution.feed_of_thread(thread_id) if busy else None
                async with waiting():
                    if feed is None:  # somebody else is at work
                        await asyncio.sleep(min(_POLL, left))
                    else:
                        await asyncio.wait([asyncio.ensure_future(feed.ended())], timeout=left)


def _copied_for(place: UUID | NewThread) -> Sequence[UUID]:
    return copied_files(place.tool_resources) if isinstance(place, NewThread) else ()


def _waiting(thread_state: ThreadState) -> UUID:
    if (
        thread_state.active_run is None
        or thread_state.active_run[1] is not RunStatus.REQUIRES_ACTION
    ):
        raise NothingPending
    return thread_state.active_run[0]
