"""Document."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Owned


class DocumentStatus(StrEnum):
    INDEXED = "indexed"
    FAILED = "failed"


class Document(Owned, Base):
    """A file attached to a message: its text, once read, and what became of the reading."""

    __tablename__ = "documents"
    __table_args__ = (
        Index("ix_documents_thread_id", "thread_id"),
        Index("ix_documents_message_id", "message_id"),
    )

    thread_id: Mapped[UUID] = mapped_column(ForeignKey("threads.id", ondelete="CASCADE"))
    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    filename: Mapped[str]
    status: Mapped[str]
    status_message: Mapped[str | None]
    byte_size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    text: Mapped[str | None] = mapped_column(deferred=True)
    tokens: Mapped[int]
    updated_at: Mapped[datetime]
