"""Ask that an exchange be learnt from, look after what came of it, and undo it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from pegboard import clock
from pegboard.errors import AppError, ErrorKind, NotFound
from pegboard.jobs.queue import enqueue
from pegboard.llm.gateway import ModelName
from pegboard.memories import operations
from pegboard.memories.tables import (
    ChangeEvent,
    Memory,
    MemoryChange,
    MemoryOperation,
    OperationStatus,
)
from pegboard.tenants.scope import Scope

LEARN: Final = "learn"
LOST_AFTER: Final = timedelta(minutes=2)
"""An operation that nobody has touched for so long has lost its job; nobody waits for it."""


class NothingToUndo(AppError):
    kind = ErrorKind.CONFLICT
    code = "nothing_to_undo"


@dataclass(frozen=True, slots=True)
class ExtractionRequest:
    """An exchange to learn from: the user's message, its answer, and what was recalled for it."""

    operation_id: UUID
    assistant_id: UUID
    thread_id: UUID
    message_id: UUID
    answer_id: UUID | None
    model: ModelName
    recalled: tuple[str, ...] = ()
    careful: bool = False
    key_id: UUID | None = None


async def open_operation(scope: Scope, extraction: ExtractionRequest) -> None:
    """Have an exchange learnt from, once this transaction is committed."""
    moment = clock.now()
    scope.session.add(
        MemoryOperation(
            id=extraction.operation_id,
            tenant_id=scope.tenant_id,
            created_at=moment,
            updated_at=moment,
            assistant_id=extraction.assistant_id,
            thread_id=extraction.thread_id,
            message_id=extraction.message_id,
            answer_id=extraction.answer_id,
            model_provider=extraction.model.provider,
            model_name=extraction.model.name,
            recalled=list(extraction.recalled) or None,
            careful=extraction.careful,
            key_id=extraction.key_id,
            status=OperationStatus.IN_PROGRESS,
            attempts=0,
            error_message=None,
            changes=None,
            undone_at=None,
        )
    )
    await scope.session.flush()
    await enqueue(
        scope.session,
        LEARN,
        tenant_id=str(scope.tenant_id),
        operation_id=str(extraction.operation_id),
    )


async def get(scope: Scope, operation_id: UUID) -> MemoryOperation:
    return await scope.get(MemoryOperation, operation_id, noun="Memory operation")


async def newest(scope: Scope, assistant_id: UUID, *, limit: int) -> Sequence[MemoryOperation]:
    """An assistant's operations, the newest first."""
    query = (
        scope.select(MemoryOperation)
        .where(MemoryOperation.assistant_id == assistant_id)
        .order_by(MemoryOperation.id.desc())
        .limit(limit)
    )
    return (await scope.session.scalars(query)).all()


async def history(scope: Scope, memory_id: UUID) -> Sequence[MemoryChange]:
    """What operations have done to a memory, oldest first."""
    query = (
        scope.select(MemoryChange)
        .where(MemoryChange.memory_id == memory_id)
        .order_by(MemoryChange.id)
    )
    return (await scope.session.scalars(query)).all()


async def undo(scope: Scope, operation_id: UUID) -> tuple[MemoryOperation, int]:
    """Take back what an operation changed; how many memories that were.

    A memory that was changed again since is left as it is: what came later was meant.
    """
    operation = await scope.held(MemoryOperation, operation_id)
    if operation is None:
        raise NotFound("Memory operation")
    if operation.status != OperationStatus.COMPLETED or operation.undone_at is not None:
        raise NothingToUndo("The operation is not completed, or is undone already")
    changes = (
        await scope.session.scalars(
            scope.select(MemoryChange)
            .where(MemoryChange.operation_id == operation_id)
            .order_by(MemoryChange.id.desc())
        )
    ).all()
    undone = 0
    for change in changes:
        undone += await _undo_change(scope, change)
    operation.undone_at = operation.updated_at = clock.now()
    return operation, undone


async def _undo_change(scope: Scope, change: MemoryChange) -> bool:
    memory = await scope.held(Memory, change.memory_id)
    if change.event == ChangeEvent.DELETE:
        if memory is not None or change.former_content is None:
            return False
        await operations.add(
            scope,
            assistant_id=change.assistant_id,
            content=change.former_content,
            labels=change.former_labels,
            source=change.former_source,
            vector=None,
            memory_id=change.memory_id,
            created_at=change.former_created_at,
        )
        return True
    if memory is None or memory.updated_at > change.created_at:
        return False
    if change.event == ChangeEvent.ADD:
        await scope.session.delete(memory)
    else:
        await operations.change(
            scope,
            memory,
            content=change.former_content or "",
            vector=None,
        )
        memory.labels, memory.source = change.former_labels, change.former_source
    return True
