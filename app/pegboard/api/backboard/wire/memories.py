"""Memories as the Backboard API writes them. Their `metadata` has no underscore."""

from collections.abc import Mapping
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, Field

from pegboard.api.backboard.wire.limits import LONGEST_QUERY, KeptObject
from pegboard.db.base import JsonDict
from pegboard.memories.recall import RetrievedMemory
from pegboard.memories.tables import Memory, MemoryChange, MemoryOperation, OperationStatus

SearchLimit = Annotated[int, Field(ge=1, le=50)]


class MemoryIn(BaseModel):
    """A text to keep verbatim, with metadata of any shape."""

    content: Annotated[str, Field(min_length=1)]
    metadata: KeptObject | None = None


class SearchIn(BaseModel):
    query: Annotated[str, Field(max_length=LONGEST_QUERY)]
    limit: SearchLimit = 5


class MemoryOut(BaseModel):
    """`memory` repeats `content`. `source` tells where a learnt memory came from, else null."""

    id: str
    memory_id: str
    content: str
    memory: str
    metadata: JsonDict | None
    source: JsonDict | None = None
    score: float | None = None
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, memory: Memory) -> Self:
        return cls(
            id=str(memory.id),
            memory_id=str(memory.id),
            content=memory.content,
            memory=memory.content,
            metadata=memory.labels,
            source=memory.source,
            created_at=memory.created_at.isoformat(),
            updated_at=memory.updated_at.isoformat(),
        )

    @classmethod
    def retrieved(cls, memory: RetrievedMemory) -> Self:
        return cls(
            id=str(memory.id),
            memory_id=str(memory.id),
            content=memory.content,
            memory=memory.content,
            metadata=_dict(memory.labels),
            source=_dict(memory.source),
            score=memory.score,
            created_at=memory.created_at.isoformat(),
            updated_at=memory.updated_at.isoformat(),
        )


class MemoryAdded(MemoryOut):
    success: bool = True
    message: str = "Memory added successfully"
    memory_operation_id: str | None = None


class MemoriesOut(BaseModel):
    memories: list[MemoryOut]
    total_count: int
    page: int | None = None
    page_size: int | None = None
    total_pages: int | None = None


class Done(BaseModel):
    success: bool
    message: str


class StatsOut(BaseModel):
    """`total_count` repeats `total_memories`."""

    total_memories: int
    total_count: int
    last_updated: str | None
    limits: JsonDict


class OperationOut(BaseModel):
    """`memory_ids` tells each fact's event: ADD, UPDATE, DELETE or NONE."""

    operation_id: UUID
    status: str
    memory_ids: list[JsonDict] | None
    result_count: int | None
    error: str | None
    undone_at: str | None
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, operation: MemoryOperation) -> Self:
        done = operation.status == OperationStatus.COMPLETED
        changes = operation.changes or []
        return cls(
            operation_id=operation.id,
            status=operation.status.upper(),
            memory_ids=changes if done else None,
            result_count=sum(one["event"] != "NONE" for one in changes) if done else None,
            error=operation.error_message,
            undone_at=operation.undone_at and operation.undone_at.isoformat(),
            created_at=operation.created_at.isoformat(),
            updated_at=operation.updated_at.isoformat(),
        )


class ChangeOut(BaseModel):
    """One change of a memory by an operation."""

    operation_id: UUID
    event: str
    content: str | None
    former_content: str | None
    created_at: str

    @classmethod
    def of(cls, change: MemoryChange) -> Self:
        return cls(
            operation_id=change.operation_id,
            event=change.event,
            content=change.content,
            former_content=change.former_content,
            created_at=change.created_at.isoformat(),
        )


class HistoryOut(BaseModel):
    memory_id: UUID
    changes: list[ChangeOut]


class UndoneOut(BaseModel):
    success: bool
    message: str
    operation: OperationOut


class InsightsOut(BaseModel):
    """Counts and the newest operations; the camel case is the hosted service's own."""

    snapshot: JsonDict
    contentSignals: JsonDict  # noqa: N815
    breakdown: JsonDict
    operations: list[JsonDict]


def _dict(labels: Mapping[str, Any] | None) -> JsonDict | None:
    return None if labels is None else dict(labels)
