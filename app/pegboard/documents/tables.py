"""Document, Chunk, VectorStore, FileBatch."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Computed, ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from pegboard.db.base import Base, JsonDict, Owned
from pegboard.db.columns import HalfVector


class DocumentStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    INDEXED = "indexed"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = (DocumentStatus.PENDING, DocumentStatus.PROCESSING)


class VectorStore(Owned, Base):
    """Documents under one name, for any assistant or thread that is given it.

    `expires_at` is `expires_after_days` after the last use, and is moved on by each.
    """

    __tablename__ = "vector_stores"
    __table_args__ = (Index("ix_vector_stores_tenant_id_id", "tenant_id", "id"),)

    name: Mapped[str | None]
    description: Mapped[str | None]
    # `metadata` is SQLAlchemy's own name on a declarative class.
    labels: Mapped[JsonDict | None] = mapped_column("metadata")
    expires_after_days: Mapped[int | None]
    last_active_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class FileBatch(Owned, Base):
    """Files that were put into a vector store together. How far they are, their documents show."""

    __tablename__ = "file_batches"
    __table_args__ = (Index("ix_file_batches_vector_store_id", "vector_store_id"),)

    vector_store_id: Mapped[UUID] = mapped_column(
        ForeignKey("vector_stores.id", ondelete="CASCADE")
    )
    cancelled_at: Mapped[datetime | None]


class Document(Owned, Base):
    """A file that is read: of an assistant, of one thread (where `thread_id` is set), perhaps of a
    message; or of a vector store, and then of nobody else.

    `embedded_by` names the model that read it, once chosen: vectors of different models are never
    compared. `attempts` counts the times that indexing was begun. `fault` is the code of the error
    that `status_message` words. What follows it is only of documents in vector stores: `file_id`
    is the file that this one is a copy of, and sizes are null where they are left to us.
    """

    __tablename__ = "documents"
    __table_args__ = (
        Index("ix_documents_assistant_id", "assistant_id"),
        Index("ix_documents_thread_id", "thread_id"),
        Index("ix_documents_message_id", "message_id"),
        Index("ix_documents_tenant_id_sha256", "tenant_id", "sha256"),
        Index(
            "ix_documents_unfinished",
            "tenant_id",
            postgresql_where=text("status IN ('pending', 'processing')"),
        ),
        Index(
            "ix_documents_vector_store_id_file_id",
            "vector_store_id",
            "file_id",
            unique=True,
            postgresql_where=text("vector_store_id IS NOT NULL"),
        ),
        Index("ix_documents_file_id", "file_id", postgresql_where=text("file_id IS NOT NULL")),
        Index("ix_documents_batch_id", "batch_id", postgresql_where=text("batch_id IS NOT NULL")),
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
    fault: Mapped[str | None] = mapped_column(default=None)
    vector_store_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("vector_stores.id", ondelete="CASCADE"), default=None
    )
    file_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("files.id", ondelete="CASCADE"), default=None
    )
    batch_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("file_batches.id", ondelete="CASCADE"), default=None
    )
    attributes: Mapped[JsonDict | None] = mapped_column(default=None)
    chunk_tokens: Mapped[int | None] = mapped_column(default=None)
    chunk_overlap: Mapped[int | None] = mapped_column(default=None)


class Chunk(Base):
    """A piece of a document. The ids of its owners repeat the document's, for searching.

    `place` is the page, sheet or slide; `words` what full text search looks through.
    """

    __tablename__ = "chunks"
    __table_args__ = (
        Index("ix_chunks_document_id_position", "document_id", "position", unique=True),
        Index("ix_chunks_assistant_id", "assistant_id", postgresql_where=text("thread_id IS NULL")),
        Index("ix_chunks_thread_id", "thread_id"),
        Index(
            "ix_chunks_vector_store_id",
            "vector_store_id",
            postgresql_where=text("vector_store_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"))
    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    assistant_id: Mapped[UUID | None]
    thread_id: Mapped[UUID | None]
    vector_store_id: Mapped[UUID | None]
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
