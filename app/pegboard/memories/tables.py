"""Memory, MemoryOperation, MemoryChange."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Computed, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from pegboard.db.base import Base, JsonDict, JsonList, Owned
from pegboard.db.columns import HalfVector


class OperationStatus(StrEnum):
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    ERROR = "error"


class ChangeEvent(StrEnum):
    ADD = "ADD"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    NONE = "NONE"


class Memory(Owned, Base):
    """A fact, or whatever text a client keeps here. `source` says where a learnt one came from.

    `labels` is the client's metadata. A memory whose embedding could not be made yet is found by
    its words alone.
    """

    __tablename__ = "memories"
    __table_args__ = (Index("ix_memories_assistant_id_id", "assistant_id", "id"),)

    assistant_id: Mapped[UUID] = mapped_column(ForeignKey("assistants.id", ondelete="CASCADE"))
    content: Mapped[str]
    labels: Mapped[JsonDict | None] = mapped_column("metadata")
    source: Mapped[JsonDict | None]
    updated_at: Mapped[datetime]
    embedded_by: Mapped[str | None] = mapped_column(deferred=True)
    embedding: Mapped[list[float] | None] = mapped_column(HalfVector, deferred=True)
    words: Mapped[Any] = mapped_column(
        TSVECTOR, Computed("to_tsvector('english', content)", persisted=True), deferred=True
    )


class MemoryOperation(Owned, Base):
    """One exchange to be learnt from. `changes` says what came of it, in the order of the facts."""

    __tablename__ = "memory_operations"
    __table_args__ = (
        Index("ix_memory_operations_assistant_id_id", "assistant_id", "id"),
        Index(
            "ix_memory_operations_in_progress",
            "assistant_id",
            postgresql_where=text("status = 'in_progress'"),
        ),
    )

    assistant_id: Mapped[UUID] = mapped_column(ForeignKey("assistants.id", ondelete="CASCADE"))
    thread_id: Mapped[UUID]
    message_id: Mapped[UUID]
    answer_id: Mapped[UUID | None]
    key_id: Mapped[UUID | None] = mapped_column(default=None)
    model_provider: Mapped[str]
    model_name: Mapped[str]
    recalled: Mapped[JsonList | None]
    careful: Mapped[bool]
    status: Mapped[str]
    attempts: Mapped[int]
    error_message: Mapped[str | None]
    changes: Mapped[list[JsonDict] | None]
    undone_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]


class MemoryChange(Owned, Base):
    """A change that an operation made to a memory, with what was there before."""

    __tablename__ = "memory_changes"
    __table_args__ = (
        Index("ix_memory_changes_memory_id_id", "memory_id", "id"),
        Index("ix_memory_changes_operation_id", "operation_id"),
    )

    assistant_id: Mapped[UUID] = mapped_column(ForeignKey("assistants.id", ondelete="CASCADE"))
    operation_id: Mapped[UUID] = mapped_column(
        ForeignKey("memory_operations.id", ondelete="CASCADE")
    )
    memory_id: Mapped[UUID]
    event: Mapped[str]
    content: Mapped[str | None]
    former_content: Mapped[str | None]
    former_labels: Mapped[JsonDict | None]
    former_source: Mapped[JsonDict | None]
    former_created_at: Mapped[datetime | None]
