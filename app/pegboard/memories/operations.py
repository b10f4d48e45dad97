"""Add, change, list, count and forget memories, as their owner asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, text

from pegboard import clock
from pegboard.assistants import operations as assistants
from pegboard.db.base import JsonDict
from pegboard.db.columns import vector_text
from pegboard.errors import AppError, ErrorKind, NotFound
from pegboard.identifiers import new_id
from pegboard.jobs.queue import enqueue
from pegboard.memories.tables import Memory, MemoryChange
from pegboard.tenants.scope import Scope

EMBED_MEMORY: Final = "embed_memory"
LONGEST: Final = 256 * 1024
"""Bytes of a content. The words of a text four times as long may be too many for Postgres."""

EMBEDDING_ATTEMPTS: Final = 8
_PAUSE: Final = timedelta(seconds=1)

_SET_EMBEDDING: Final = text("""
    UPDATE memories
    SET embedded_by = :embedded_by, embedding = CAST(CAST(:embedding AS text) AS halfvec)
    WHERE id = :memory_id AND tenant_id = :tenant_id AND content = :content
""")


class MemoryTooLong(AppError):
    kind = ErrorKind.TOO_LARGE
    code = "memory_too_long"


@dataclass(frozen=True, slots=True)
class Vector:
    """An embedding, and the key of the model that made it."""

    embedded_by: str
    numbers: Sequence[float]


async def add(
    scope: Scope,
    *,
    assistant_id: UUID,
    content: str,
    labels: JsonDict | None = None,
    source: JsonDict | None = None,
    vector: Vector | None,
    memory_id: UUID | None = None,
    created_at: datetime | None = None,
) -> Memory:
    """Keep a text verbatim. Without a vector it is embedded later, by a job."""
    check_length(content)
    moment = clock.now()
    memory = Memory(
        id=memory_id or new_id(),
        tenant_id=scope.tenant_id,
        assistant_id=assistant_id,
        content=content,
        labels=labels,
        source=source,
        created_at=created_at or moment,
        updated_at=moment,
        embedded_by=None,
    )
    scope.session.add(memory)
    await scope.session.flush()
    await embed(scope, memory, vector)
    return memory


async def get(scope: Scope, assistant_id: UUID, memory_id: UUID) -> Memory:
    """The memory of that assistant; NotFound for one of another."""
    await assistants.get(scope, assistant_id)
    memory = await scope.get(Memory, memory_id, noun="Memory")
    if memory.assistant_id != assistant_id:
        raise NotFound("Memory")
    return memory


async def change(
    scope: Scope,
    memory: Memory,
    *,
    content: str,
    labels: JsonDict | None = None,
    source: JsonDict | None = None,
    vector: Vector | None,
) -> Memory:
    """Replace a memory's text, and its labels and source where they are given."""
    check_length(content)
    memory.content = content
    if labels is not None:
        memory.labels = labels
    if source is not None:
        memory.source = source
    memory.updated_at = clock.now()
    await scope.session.flush()
    await embed(scope, memory, vector)
    return memory


async def embed(scope: Scope, memory: Memory, vector: Vector | None, *, attempts: int = 0) -> None:
    """Keep the vector of a memory's present text, or (after so many attempts) have it made.

    Until then the memory is found by its words alone: a vector of its former text would mislead.
    """
    if vector is None and attempts < EMBEDDING_ATTEMPTS:
        await enqueue_embedding(scope, memory.id, attempts=attempts)
    await scope.session.execute(
        _SET_EMBEDDING,
        {
            "memory_id": memory.id,
            "tenant_id": scope.tenant_id,
            "content": memory.content,
            "embedded_by": vector and vector.embedded_by,
            "embedding": vector and vector_text(vector.numbers),
        },
    )


async def enqueue_embedding(scope: Scope, memory_id: UUID, *, attempts: int = 0) -> None:
    """Have a memory's vector made; the later, the more often that was tried before."""
    await enqueue(
        scope.session,
        EMBED_MEMORY,
        after=_PAUSE * 2**attempts if attempts else None,
        tenant_id=str(scope.tenant_id),
        memory_id=str(memory_id),
        attempts=attempts,
    )


async def list_page(
    scope: Scope, assistant_id: UUID, *, skip: int = 0, limit: int | None = None
) -> Sequence[Memory]:
    """Memories, oldest first; all of them where there is no limit."""
    page = (
        scope.select(Memory)
        .where(Memory.assistant_id == assistant_id)
        .order_by(Memory.id)
        .offset(skip)
        .limit(limit)
    )
    return (await scope.session.scalars(page)).all()


async def count(scope: Scope, assistant_id: UUID) -> tuple[int, datetime | None]:
    """How many there are, and when one was last changed."""
    counted = scope.select_columns(Memory, func.count(), func.max(Memory.updated_at)).where(
        Memory.assistant_id == assistant_id
    )
    total, latest = (await scope.session.execute(counted)).one()
    return total, latest


async def forget(scope: Scope, assistant_id: UUID, memory_id: UUID) -> None:
    await scope.session.delete(await get(scope, assistant_id, memory_id))


async def forget_all(scope: Scope, assistant_id: UUID) -> int:
    """Forget everything of an assistant; how many memories that were."""
    await assistants.get(scope, assistant_id)
    # What was forgotten on purpose is not to come back by an undo.
    await scope.session.execute(
        delete(MemoryChange)
        .where(MemoryChange.assistant_id == assistant_id, MemoryChange.tenant_id == scope.tenant_id)
        .execution_options(synchronize_session=False)
    )
    gone = await scope.session.execute(
        delete(Memory)
        .where(Memory.assistant_id == assistant_id, Memory.tenant_id == scope.tenant_id)
        .returning(Memory.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


def check_length(content: str) -> None:
    if len(content.encode()) > LONGEST - 1:
        raise MemoryTooLong(f"A memory can be {LONGEST:,} bytes long at most")
