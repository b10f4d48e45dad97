"""Where a message or a run goes: to a thread that is there, or to one that it opens."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias
from uuid import UUID

from pegboard.assistants import operations as assistants
from pegboard.db.base import JsonDict
from pegboard.documents.attaching import Copies
from pegboard.documents.wanted_resources import WantedResources, copied_files, resolve
from pegboard.errors import AppError, ErrorKind
from pegboard.identifiers import new_id
from pegboard.runs.thread_lock import ThreadState, lock_thread
from pegboard.tenants.scope import Scope
from pegboard.threads import operations as threads


class ThreadBusy(AppError):
    """Another run is being executed on the thread; its end can be waited for."""

    kind = ErrorKind.CONFLICT
    code = "thread_busy"

    def __init__(self, thread_id: UUID) -> None:
        super().__init__("The thread is still answering an earlier message")
        self.thread_id = thread_id


class RunActive(AppError):
    """A run of the thread is not over, and nothing may be added beside it."""

    kind = ErrorKind.CONFLICT
    code = "run_active"

    def __init__(self, thread_id: UUID, run_id: UUID) -> None:
        super().__init__("The thread has an active run")
        self.thread_id = thread_id
        self.run_id = run_id


@dataclass(frozen=True, slots=True)
class NewThread:
    """A thread that a message or a run opens, of an assistant that is named or not."""

    id: UUID = field(default_factory=new_id)
    assistant_id: UUID | None = None
    labels: JsonDict | None = None
    tool_resources: WantedResources | None = None


Target: TypeAlias = UUID | NewThread


def copied_for(target: Target) -> Sequence[UUID]:
    """The files that opening it needs copies of."""
    return copied_files(target.tool_resources) if isinstance(target, NewThread) else ()


async def open_for_message(scope: Scope, target: Target) -> ThreadState:
    """The thread, locked, with an assistant to answer: where none is named, the tenant's default.

    Raises NotFound.
    """
    if isinstance(target, NewThread):
        assistant_id = target.assistant_id
        if assistant_id is None:
            assistant_id = await assistants.default(scope)
        await threads.open_thread(scope, assistant_id=assistant_id, thread_id=target.id)
        await scope.session.flush()
        return await lock_thread(scope, target.id)
    thread_state = await lock_thread(scope, target)
    if thread_state.assistant_id is not None:
        return thread_state
    assistant = await assistants.get(scope, await assistants.default(scope))
    return replace(
        thread_state,
        assistant_id=assistant.id,
        instructions=assistant.system_prompt,
        tools=assistant.tools or (),
        tok_k=assistant.tok_k,
    )


async def open_for_run(scope: Scope, target: Target, copies: Copies) -> ThreadState:
    """The thread, locked, on which no run is going; a new one belongs to nobody.

    Raises NotFound and RunActive.
    """
    if not isinstance(target, NewThread):
        return await hold_idle(scope, target)
    await threads.open_thread(
        scope,
        assistant_id=None,
        labels=target.labels,
        thread_id=target.id,
        tool_resources=await resolve(scope, target.tool_resources, copies),
    )
    await scope.session.flush()
    return await lock_thread(scope, target.id)


async def hold_idle(scope: Scope, thread_id: UUID) -> ThreadState:
    """A thread on which no run is going, nor begins in this transaction.

    Raises NotFound and RunActive.
    """
    thread_state = await lock_thread(scope, thread_id)
    if thread_state.active_run is not None:
        raise RunActive(thread_state.thread_id, thread_state.active_run[0])
    return thread_state
