"""Copy what an assistant has read to another: chunks and vectors within the database, bytes beside.

Only what is indexed is copied; files of threads stay with their threads.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from pegboard import clock
from pegboard.blobs.store import BlobMissing, BlobStore, blob_key
from pegboard.documents import operations
from pegboard.documents.tables import DocumentStatus
from pegboard.identifiers import new_id
from pegboard.tenants.scope import Scope

# Held, so that none is deleted between the copying of its row and that of its chunks.
_HOLD: Final = text("""
    SELECT id FROM documents
    WHERE tenant_id = :tenant_id AND id = ANY(:originals)
    ORDER BY id
    FOR KEY SHARE
""")

_COPY_DOCUMENTS: Final = text("""
    INSERT INTO documents (id, tenant_id, created_at, assistant_id, thread_id, message_id, filename,
                           status, status_message, summary, byte_size, sha256, attempts,
                           chunk_count, tokens, embedded_by, updated_at, processing_started_at,
                           processing_completed_at)
    SELECT copy.id, d.tenant_id, :moment, :target_id, NULL, NULL, d.filename, d.status,
           d.status_message, d.summary, d.byte_size, d.sha256, d.attempts, d.chunk_count, d.tokens,
           d.embedded_by, :moment, d.processing_started_at, d.processing_completed_at
    FROM documents d
        JOIN unnest(CAST(:originals AS uuid[]), CAST(:copies AS uuid[])) AS copy(original_id, id)
            ON copy.original_id = d.id
    WHERE d.tenant_id = :tenant_id AND d.status = :indexed
    ORDER BY copy.id
    RETURNING id
""")

_COPY_CHUNKS: Final = text("""
    INSERT INTO chunks (tenant_id, document_id, assistant_id, thread_id, position, text, heading,
                        place, tokens, embedded_by, embedding)
    SELECT c.tenant_id, copy.id, :target_id, NULL, c.position, c.text, c.heading, c.place, c.tokens,
           c.embedded_by, c.embedding
    FROM chunks c
        JOIN unnest(CAST(:originals AS uuid[]), CAST(:copies AS uuid[])) AS copy(original_id, id)
            ON copy.original_id = c.document_id
        JOIN documents d ON d.id = copy.id
    WHERE c.tenant_id = :tenant_id
    ORDER BY copy.id, c.position
""")


@asynccontextmanager
async def copied_bytes(
    originals: Sequence[UUID], blobs: BlobStore
) -> AsyncIterator[dict[UUID, UUID]]:
    """The new id of each document, with its bytes in the store; removed where the block fails.

    Bytes that are missing are no reason not to copy what was read of them.
    """
    copies: dict[UUID, UUID] = {}
    try:
        for original in originals:
            copies[original] = new_id()
            try:
                await blobs.copy(blob_key(original), blob_key(copies[original]))
            except BlobMissing:
                continue
        yield copies
    except BaseException:
        for copy in copies.values():
            await blobs.remove(blob_key(copy))
        raise


async def originals_of(scope: Scope, assistant_id: UUID) -> list[UUID]:
    """The documents of an assistant that can be copied."""
    documents = await operations.of_assistant(scope, assistant_id)
    return [document.id for document in documents if document.status == DocumentStatus.INDEXED]


async def clone(scope: Scope, copies: Mapping[UUID, UUID], *, target_id: UUID) -> int:
    """Copy documents to the assistant `target_id`, under their new ids; how many that were.

    One that was deleted meanwhile is left out, and its bytes are released.
    """
    pairs: dict[str, Any] = {
        "tenant_id": scope.tenant_id,
        "target_id": target_id,
        "originals": list(copies),
        "copies": list(copies.values()),
    }
    await scope.session.execute(_HOLD, pairs)
    done = await scope.session.scalars(
        _COPY_DOCUMENTS, {**pairs, "moment": clock.now(), "indexed": DocumentStatus.INDEXED}
    )
    made = set(done)
    await scope.session.execute(_COPY_CHUNKS, pairs)
    for copy in copies.values():
        if copy not in made:
            await operations.release_blob(scope, copy)
    return len(made)
