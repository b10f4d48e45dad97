"""The front of the room: what a caller may do with runs, in one place for every API."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from pegboard.llm.gateway import ModelName
from pegboard.memories.modes import MemoryUse
from pegboard.messages.tables import Message
from pegboard.runs import queries
from pegboard.runs.requests import (
    add_messages,
    cancel,
    create_run,
    send_message,
    store_message,
    submit_tool_outputs,
    targets,
)
from pegboard.runs.requests.create_run import RefusedTools
from pegboard.runs.requests.idle_threads import IdleThreads
from pegboard.runs.requests.new_messages import NewMessage, StoredMessage
from pegboard.runs.requests.run_request import RunRequest
from pegboard.runs.requests.starter import Starter
from pegboard.runs.requests.submit_tool_outputs import Overrides, ToolOutput
from pegboard.runs.requests.targets import Target
from pegboard.runs.requests.turns import PendingAction, Turn
from pegboard.runs.stored import answer_of, snapshot_of
from pegboard.runs.thread_lock import lock_thread
from pegboard.tenants.callers import Caller
from pegboard.tenants.scope import Scope


class Conversations:
    """Each request is one transaction: refused, it leaves nothing behind."""

    def __init__(self, starter: Starter, *, refused_tools: RefusedTools, patience: float) -> None:
        """`patience`: seconds that a message waits for what keeps its thread from taking it."""
        self._starter = starter
        self._scopes = starter.scopes
        self._refused_tools = refused_tools
        self._idle_threads = IdleThreads(starter.executor.feed_of_thread, patience=patience)

    async def send_message(
        self, caller: Caller, *, target: Target, message: NewMessage, request: RunRequest
    ) -> Turn:
        """Store a message and start to answer it: `send_message.send_message` names the errors."""
        return await send_message.send_message(
            self._starter,
            self._idle_threads,
            caller,
            target=target,
            message=message,
            request=request,
        )

    async def store_message(
        self,
        caller: Caller,
        *,
        target: Target,
        message: NewMessage,
        memory: MemoryUse,
        model: ModelName,
    ) -> StoredMessage:
        """Store a message that nobody answers: `store_message.store_message` names the errors."""
        return await store_message.store_message(
            self._scopes,
            self._idle_threads,
            caller,
            target=target,
            message=message,
            memory=memory,
            model=model,
        )

    async def add_messages(
        self, tenant_id: UUID, target: Target, messages: Sequence[NewMessage]
    ) -> Sequence[Message]:
        """Fill a thread: `add_messages.add_messages` names the errors."""
        return await add_messages.add_messages(self._starter.attaching, tenant_id, target, messages)

    async def create_run(
        self,
        caller: Caller,
        *,
        target: Target,
        assistant_id: UUID,
        messages: Sequence[NewMessage],
        request: RunRequest,
    ) -> Turn:
        """Begin a run on a thread as it is: `create_run.create_run` names the errors."""
        return await create_run.create_run(
            self._starter,
            caller,
            target=target,
            assistant_id=assistant_id,
            messages=messages,
            request=request,
            refused_tools=self._refused_tools,
        )

    async def submit_tool_outputs(
        self,
        caller: Caller,
        *,
        thread_id: UUID,
        run_id: UUID | None,
        outputs: Sequence[ToolOutput],
        overrides: Overrides,
        streaming: bool,
    ) -> Turn:
        """Have a paused run go on: `submit_tool_outputs.submit` names the errors."""
        return await submit_tool_outputs.submit(
            self._starter,
            caller,
            thread_id=thread_id,
            run_id=run_id,
            outputs=outputs,
            overrides=overrides,
            streaming=streaming,
        )

    async def cancel(self, tenant_id: UUID, *, thread_id: UUID, run_id: UUID) -> bool:
        """End a run; False where it had ended otherwise. Raises NotFound."""
        return await cancel.cancel_run(
            self._scopes, self._starter.executor, tenant_id, thread_id=thread_id, run_id=run_id
        )

    @asynccontextmanager
    async def idle(self, tenant_id: UUID, thread_id: UUID) -> AsyncIterator[Scope]:
        """A transaction in which no run begins on the thread. Raises NotFound and RunActive."""
        async with self._scopes(tenant_id) as scope:
            await targets.hold_idle(scope, thread_id)
            yield scope

    async def pending_action(self, tenant_id: UUID, thread_id: UUID) -> PendingAction | None:
        """What the thread's paused run waits for, if there is one. Raises NotFound."""
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
