"""Document, Chunk."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Computed, ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Owned
from app.db.columns import HalfVector


class DocumentStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    INDEXED = "indexed"
    FAILED = "failed"


UNFINISHED = (DocumentStatus.PENDING, DocumentStatus.PROCESSING)


class Document(Owned, Base):
    """A file, of an assistant or (where `thread_id` is set) of one thread; perhaps of a message.

    `embedded_by` names the model that read it, once chosen: vectors of different models are never
    compared. `attempts` counts the times that indexing was begun.
    """

    __tablename__ = "documents"
    __table_args__ = (
        Index("ix_documents_assistant_id", "assistant_id"),
        Index("ix_documents_thread_id", "thread_id"),
        Index("ix_documents_message_id", "message_id"),
        Index("ix_documents_tenant_id_sha256", "tenant_id", "sha256"),
    )

    assistant_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("assistants.id", ondelete="CASCADE")
    )
    thread_id: Mapped[UUID | None] = mapped_column(ForeignKey("threads.id", ondelete="CASCADE"))
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    filename: Mapped[str]
    status: Mapped[str]
    status_message: Mapped[str | None]
    summary: Mapped[str | None]
    byte_size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    attempts: Mapped[int]
    chunk_count: Mapped[int]
    tokens: Mapped[int]
    embedded_by: Mapped[str | None]
    updated_at: Mapped[datetime]
    processing_started_at: Mapped[datetime | None]
    processing_completed_at: Mapped[datetime | None]


class Chunk(Base):
    """A piece of a document. `assistant_id` and `thread_id` repeat the document's, for searching.

    `place` is the page, sheet or slide; `words` what full text search looks through.
    """

    __tablename__ = "chunks"
    __table_args__ = (
        Index("ix_chunks_document_id_position", "document_id", "position", unique=True),
        Index("ix_chunks_assistant_id", "assistant_id", postgresql_where=text("thread_id IS NULL")),
        Index("ix_chunks_thread_id", "thread_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"))
    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    assistant_id: Mapped[UUID | None]
    thread_id: Mapped[UUID | None]
    position: Mapped[int]
    text: Mapped[str]
    heading: Mapped[str | None]
    place: Mapped[str | None]
    tokens: Mapped[int]
    embedded_by: Mapped[str]
    embedding: Mapped[list[float]] = mapped_column(HalfVector)
    words: Mapped[Any] = mapped_column(
        TSVECTOR,
        Computed("to_tsvector('english', coalesce(heading, '') || ' ' || text)", persisted=True),
        deferred=True,
    )
