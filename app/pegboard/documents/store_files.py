"""The files of vector stores. Each is a document: a copy that is read, searched, and let go by
itself, however long the file or other stores with it may last.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select

from pegboard.blobs.store import StoredBlob
from pegboard.db.base import JsonDict
from pegboard.db.pages import Page, Rows, rows_of
from pegboard.documents import operations as documents
from pegboard.documents import stores
from pegboard.documents.attaching import Copies
from pegboard.documents.attributes import Condition, holds
from pegboard.documents.chunking import Size
from pegboard.documents.operations import Upload
from pegboard.documents.tables import Chunk, Document, DocumentStatus, FileBatch
from pegboard.errors import NotFound
from pegboard.files import operations as files
from pegboard.files.tables import File
from pegboard.tenants.scope import Scope

NOUN: Final = "Vector store file"


@dataclass(frozen=True, slots=True)
class NewStoreFile:
    """A file to be put into a store. Without a size, chunks are as we think best."""

    file_id: UUID
    attributes: JsonDict | None = None
    size: Size | None = None


async def attach(
    scope: Scope,
    store_id: UUID,
    wanted: Sequence[NewStoreFile],
    copies: Copies,
    *,
    batch: FileBatch | None = None,
) -> list[Document]:
    """Put files into a store and have them indexed; `copies` is from `Attaching.transaction`.

    A file that is there already is read anew. Raises NotFound for the first that does not exist.
    """
    await stores.hold(scope, store_id)
    distinct = list({one.file_id: one for one in wanted}.values())
    uploaded = await files.get_all(scope, [one.file_id for one in distinct], hold=True)
    await _make_room(scope, store_id, [file.id for file in uploaded])
    made = []
    for file, attachment in zip(uploaded, distinct, strict=True):
        blob = StoredBlob(file.byte_size, file.sha256)
        upload = Upload(copies.take(file.id), file.filename, blob)
        size = attachment.size
        document = await documents.accept(
            scope,
            upload,
            assistant_id=None,
            vector_store_id=store_id,
            file_id=file.id,
            batch_id=None if batch is None else batch.id,
            attributes=attachment.attributes,
            chunk_tokens=None if size is None else size.tokens,
            chunk_overlap=None if size is None else size.overlap,
        )
        made.append(document)
    return made


async def _make_room(scope: Scope, store_id: UUID, file_ids: Sequence[UUID]) -> None:
    there = await scope.session.scalars(
        scope.select(Document)
        .where(Document.vector_store_id == store_id, Document.file_id.in_(file_ids))
        .order_by(Document.id)
    )
    for document in there:
        await documents.discard(scope, document)


async def get(scope: Scope, store_id: UUID, file_id: UUID) -> Document:
    await stores.get(scope, store_id)
    document: Document | None = await scope.session.scalar(
        scope.select(Document).where(
            Document.vector_store_id == store_id, Document.file_id == file_id
        )
    )
    if document is None:
        raise NotFound(NOUN, file_id)
    return document


async def listed(
    scope: Scope,
    store_id: UUID,
    page: Page,
    *,
    statuses: Sequence[DocumentStatus] | None = None,
    batch_id: UUID | None = None,
) -> Rows[Document]:
    """The files of a store, in the order in which they were uploaded.

    Not in which they were attached: what clients know to go on from is the file's id.
    """
    query = scope.select(Document).where(Document.vector_store_id == store_id)
    if statuses is not None:
        query = query.where(Document.status.in_(statuses))
    if batch_id is not None:
        query = query.where(Document.batch_id == batch_id)
    return await rows_of(scope.session, query, page, key=Document.file_id)


async def fitting(scope: Scope, store_id: UUID, condition: Condition) -> list[UUID]:
    """The documents of a store whose attributes are as wanted."""
    result = await scope.session.execute(
        scope.select_columns(Document, Document.id, Document.attributes).where(
            Document.vector_store_id == store_id
        )
    )
    rows = result.all()
    # Many conditions on many files are work that no other request should wait for.
    return await asyncio.to_thread(
        lambda: [row.id for row in rows if holds(condition, row.attributes or {})]
    )


async def text_of(scope: Scope, document: Document) -> Sequence[str]:
    """What was read of a document, chunk by chunk."""
    texts = (
        select(Chunk.text)
        .where(Chunk.tenant_id == scope.tenant_id, Chunk.document_id == document.id)
        .order_by(Chunk.position)
    )
    return (await scope.session.scalars(texts)).all()


async def detach(scope: Scope, store_id: UUID, file_id: UUID) -> None:
    """Take a file out of a store. The file itself stays."""
    await documents.discard(scope, await get(scope, store_id, file_id))


async def remove_file(scope: Scope, file_id: UUID) -> None:
    """Remove a file for good, and what was made of it from every store. NotFound if it is gone."""
    file = await scope.held(File, file_id)
    if file is None:
        raise NotFound(files.NOUN, file_id)
    await documents.release_blobs(scope, file_id=file_id)
    await files.remove(scope, file)
