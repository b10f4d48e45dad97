"""Accept files, find them, let them go."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import update

from pegboard import clock
from pegboard.blobs.store import REMOVE_BLOB, StoredBlob, blob_key
from pegboard.documents.calling_off import call_off
from pegboard.documents.tables import UNFINISHED, Chunk, Document, DocumentStatus
from pegboard.errors import NotFound
from pegboard.jobs.queue import enqueue
from pegboard.tenants.scope import Scope

INDEX_DOCUMENT = "index_document"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file whose bytes are in the blob store, under the id that its document will have."""

    id: UUID
    filename: str
    blob: StoredBlob


async def accept(
    scope: Scope,
    upload: Upload,
    *,
    assistant_id: UUID | None,
    thread_id: UUID | None = None,
    message_id: UUID | None = None,
    **stored: Any,
) -> Document:
    """Make a document of an upload and have it indexed.

    `stored` is what documents of vector stores have besides: `store_files.attach` makes them.
    """
    moment = clock.now()
    document = Document(
        id=upload.id,
        tenant_id=scope.tenant_id,
        created_at=moment,
        updated_at=moment,
        assistant_id=assistant_id,
        thread_id=thread_id,
        message_id=message_id,
        filename=upload.filename,
        status=DocumentStatus.PENDING,
        status_message=None,
        summary=None,
        byte_size=upload.blob.size,
        sha256=upload.blob.sha256,
        attempts=0,
        chunk_count=0,
        tokens=0,
        embedded_by=None,
        processing_started_at=None,
        processing_completed_at=None,
        **stored,
    )
    scope.session.add(document)
    await scope.session.flush()
    await enqueue(
        scope.session,
        INDEX_DOCUMENT,
        tenant_id=str(scope.tenant_id),
        document_id=str(document.id),
    )
    return document


async def get(scope: Scope, document_id: UUID) -> Document:
    """A document of an assistant or a thread; those of vector stores are found by way of these."""
    document = await scope.get(Document, document_id, noun="Document")
    if document.vector_store_id is not None:
        raise NotFound("Document", document_id)
    return document


async def of_assistant(scope: Scope, assistant_id: UUID) -> Sequence[Document]:
    """The documents uploaded to the assistant itself, oldest first."""
    query = (
        scope.select(Document)
        .where(Document.assistant_id == assistant_id, Document.thread_id.is_(None))
        .order_by(Document.id)
    )
    return (await scope.session.scalars(query)).all()


async def of_threads(scope: Scope, thread_ids: Sequence[UUID]) -> Sequence[Document]:
    """All documents of some threads, those of their messages among them, oldest first."""
    query = scope.select(Document).where(Document.thread_id.in_(thread_ids)).order_by(Document.id)
    return (await scope.session.scalars(query)).all()


async def of_message(scope: Scope, message_id: UUID) -> Sequence[Document]:
    query = scope.select(Document).where(Document.message_id == message_id).order_by(Document.id)
    return (await scope.session.scalars(query)).all()


async def unfinished_in_stores(scope: Scope, vector_store_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """The documents of some vector stores that are still to be indexed."""
    query = scope.select_columns(Document, Document.id).where(
        Document.vector_store_id.in_(vector_store_ids), Document.status.in_(UNFINISHED)
    )
    return tuple((await scope.session.scalars(query)).all())


async def unfinished(scope: Scope, document_ids: Sequence[UUID]) -> Sequence[str]:
    """The names of those among these documents that are still to be indexed."""
    query = scope.select_columns(Document, Document.filename).where(
        Document.id.in_(document_ids), Document.status.in_(UNFINISHED)
    )
    return (await scope.session.scalars(query)).all()


async def remove(scope: Scope, document_id: UUID) -> Document:
    """Remove a document with its chunks; its bytes follow once this is committed."""
    document = await get(scope, document_id)
    await discard(scope, document)
    return document


async def discard(scope: Scope, document: Document) -> None:
    if document.status == DocumentStatus.PROCESSING:
        await call_off(scope, [document.id])
    await scope.session.delete(document)
    await scope.session.flush()
    await release_blob(scope, document.id)


async def release_to_threads(scope: Scope, assistant_id: UUID) -> None:
    """Make the documents of an assistant's threads those of the threads alone."""
    for table in (Document, Chunk):
        await scope.session.execute(
            update(table)
            .where(
                table.assistant_id == assistant_id,
                table.tenant_id == scope.tenant_id,
                table.thread_id.is_not(None),
            )
            .values(assistant_id=None)
            .execution_options(synchronize_session=False)
        )


async def release_blob(scope: Scope, document_id: UUID) -> None:
    """Have the bytes of one document removed, once this is committed."""
    await enqueue(scope.session, REMOVE_BLOB, key=blob_key(document_id))


async def release_blobs(
    scope: Scope,
    *,
    assistant_id: UUID | None = None,
    thread_id: UUID | None = None,
    vector_store_id: UUID | None = None,
    file_id: UUID | None = None,
) -> None:
    """Have the bytes removed of all documents that go with what is named, and none of them read
    any more."""
    owned = scope.select_columns(Document, Document.id, Document.status)
    if assistant_id is not None:
        owned = owned.where(Document.assistant_id == assistant_id)
    if thread_id is not None:
        owned = owned.where(Document.thread_id == thread_id)
    if vector_store_id is not None:
        owned = owned.where(Document.vector_store_id == vector_store_id)
    if file_id is not None:
        owned = owned.where(Document.file_id == file_id)
    documents = (await scope.session.execute(owned)).all()
    await call_off(
        scope,
        [document.id for document in documents if document.status == DocumentStatus.PROCESSING],
    )
    for document in documents:
        await release_blob(scope, document.id)
