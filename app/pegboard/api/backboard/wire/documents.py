"""Documents as the Backboard API writes them: one shape for upload, lists and status."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel

from pegboard.api.backboard.clients import Client
from pegboard.api.backboard.wire.messages import document_status
from pegboard.db.base import JsonDict
from pegboard.documents.tables import Document


class DocumentOut(BaseModel):
    """`document_type` is what the document is attached to: an assistant, a thread or a message."""

    document_id: UUID
    filename: str
    document_type: str
    assistant_id: UUID | None
    thread_id: UUID | None
    status: str
    status_message: str | None
    summary: str | None
    file_size_bytes: int
    total_tokens: int | None
    chunk_count: int | None
    metadata_: JsonDict | None
    created_at: datetime
    updated_at: datetime
    processing_started_at: datetime | None
    processing_completed_at: datetime | None

    @classmethod
    def of(cls, document: Document, client: Client) -> Self:
        return cls(
            document_id=document.id,
            filename=document.filename,
            document_type=document_type(document),
            assistant_id=document.assistant_id,
            thread_id=document.thread_id,
            status=document_status(document, client),
            status_message=document.status_message,
            summary=document.summary,
            file_size_bytes=document.byte_size,
            total_tokens=document.tokens,
            chunk_count=document.chunk_count,
            metadata_=None,
            created_at=document.created_at,
            updated_at=document.updated_at,
            processing_started_at=document.processing_started_at,
            processing_completed_at=document.processing_completed_at,
        )


class DocumentDeleted(BaseModel):
    message: str
    document_id: UUID
    filename: str
    document_type: str
    deleted_at: datetime


def document_type(document: Document) -> str:
    if document.message_id is not None:
        return "message"
    return "thread" if document.thread_id is not None else "assistant"
