"""The job that makes a document searchable: read, cut, embed, store.

Each batch is stored by itself, so that progress shows; nothing is found before all of it is there.
A document is begun three times at most: the attempt is counted before the work, so that one that
kills its process is given up like one that fails.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import delete, func, text, update

from pegboard import clock
from pegboard.assistants import operations as assistants
from pegboard.blobs.store import BlobStore, blob_key
from pegboard.db.columns import vector_text
from pegboard.db.signals import Signals
from pegboard.documents.calling_off import Attempt, Attempts, DocumentGone
from pegboard.documents.chunking import USUAL, Chunk, Size, split
from pegboard.documents.formats import suffix_of
from pegboard.documents.operations import INDEX_DOCUMENT
from pegboard.documents.parsing.parser import Parser
from pegboard.documents.summary import summary_of
from pegboard.documents.tables import UNFINISHED, Document, DocumentStatus
from pegboard.documents.tables import Chunk as StoredChunk
from pegboard.errors import AppError, ErrorKind
from pegboard.jobs.queue import enqueue
from pegboard.llm.embeddings.choice import ChosenEmbedder
from pegboard.llm.embeddings.embedder import Embedder, EmbeddingName, TextKind
from pegboard.tenants.scope import Scope, Scopes

ATTEMPTS: Final = 3
BATCH: Final = 32
_PAUSE: Final = timedelta(seconds=2)

DEFAULT_EMBEDDING: Final = EmbeddingName("local", "", 0)
"""For a file that belongs to no assistant, but a thread alone or a vector store: whatever the
server has itself."""

_INSERT_CHUNKS: Final = text("""
    INSERT INTO chunks (tenant_id, document_id, assistant_id, thread_id, vector_store_id, position,
                        text, heading, place, tokens, embedded_by, embedding)
    SELECT :tenant_id, :document_id, :assistant_id, :thread_id, :vector_store_id, piece.position,
           piece.text, piece.heading, piece.place, piece.tokens, :embedded_by,
           CAST(piece.embedding AS halfvec)
    FROM unnest(CAST(:positions AS int[]), CAST(:texts AS text[]), CAST(:headings AS text[]),
                CAST(:places AS text[]), CAST(:tokens AS int[]), CAST(:embeddings AS text[]))
         AS piece(position, text, heading, place, tokens, embedding)
""")

_COPY_CHUNKS: Final = text("""
    INSERT INTO chunks (tenant_id, document_id, assistant_id, thread_id, vector_store_id, position,
                        text, heading, place, tokens, embedded_by, embedding)
    SELECT tenant_id, :document_id, :assistant_id, :thread_id, :vector_store_id, position, text,
           heading, place, tokens, embedded_by, embedding
    FROM chunks
    WHERE tenant_id = :tenant_id AND document_id = :duplicate_id
""")

log = structlog.get_logger("pegboard.documents")


@dataclass(frozen=True, slots=True)
class Claimed:
    """What indexing needs to know of a document."""

    id: UUID
    tenant_id: UUID
    assistant_id: UUID | None
    thread_id: UUID | None
    vector_store_id: UUID | None
    filename: str
    sha256: str
    size: Size
    wanted: EmbeddingName


class Indexer:
    """Indexes documents of all tenants; each by way of a scope of its own tenant."""

    def __init__(
        self,
        *,
        scopes: Scopes,
        blobs: BlobStore,
        parser: Parser,
        embedders: ChosenEmbedder,
        signals: Signals,
    ) -> None:
        self._attempts = Attempts(signals)
        self._scopes = scopes
        self._blobs = blobs
        self._parser = parser
        self._embedders = embedders

    async def index(self, tenant_id: UUID, document_id: UUID) -> None:
        """Index a document, or note why it cannot be; do nothing for one that is done or gone."""
        try:
            with self._attempts.attempt(document_id) as attempt:
                claimed = await self._claim(tenant_id, document_id)
                if claimed is not None:
                    await self._index_or_say_why(claimed, attempt)
        except DocumentGone:
            log.info("document_gone", document_id=str(document_id))

    async def _index_or_say_why(self, claimed: Claimed, attempt: Attempt) -> None:
        try:
            await self._index(claimed, attempt)
        except DocumentGone:
            raise
        except AppError as error:
            if error.kind is ErrorKind.INVALID:
                await self._fail(claimed, error.message, fault=error.code)
            else:
                await self._try_again(claimed, error.message)
        except Exception:
            # A document that goes takes its bytes and its chunks along, which may come to light as
            # any fault; that is none.
            async with self._scopes(claimed.tenant_id) as scope:
                await _change(scope, claimed)
            log.exception("indexing_fault", document_id=str(claimed.id))
            await self._try_again(claimed, "The server could not read the file")

    async def _index(self, claimed: Claimed, attempt: Attempt) -> None:
        embedder = self._embedders.serving(claimed.wanted)
        if await self._copy_duplicate(claimed, embedder.name):
            return
        async with self._blobs.local(blob_key(claimed.id)) as path:
            parsed = await attempt.unless_called_off(
                self._parser.parse(path, suffix_of(claimed.filename), tenant_id=claimed.tenant_id)
            )
        count, tokens = 0, 0
        opening: list[Chunk] = []
        chunks = split(parsed.sections, claimed.size)
        while batch := await asyncio.to_thread(lambda: list(islice(chunks, BATCH))):
            vectors = await attempt.unless_called_off(
                embedder.embed(
                    [chunk.searched_text for chunk in batch],
                    TextKind.PASSAGE,
                    lane=("document", claimed.tenant_id),
                )
            )
            count += len(batch)
            tokens += sum(chunk.tokens for chunk in batch)
            opening = opening or batch
            await self._store(claimed, embedder, batch, vectors, count=count, tokens=tokens)
        await self._finish(
            claimed,
            chunk_count=count,
            tokens=tokens,
            embedded_by=embedder.name.key,
            summary=summary_of(opening),
        )

    async def _claim(self, tenant_id: UUID, document_id: UUID) -> Claimed | None:
        async with self._scopes(tenant_id) as scope:
            document = await scope.session.scalar(
                scope.select(Document).where(Document.id == document_id).with_for_update()
            )
            if document is None or document.status not in UNFINISHED:
                return None
            document.attempts += 1
            document.updated_at = clock.now()
            if document.attempts > ATTEMPTS:
                document.status = DocumentStatus.FAILED
                document.status_message = f"Reading the file was given up after {ATTEMPTS} tries"
                return None
            document.status = DocumentStatus.PROCESSING
            document.processing_started_at = clock.now()
            # What an earlier attempt stored before it broke off.
            await scope.session.execute(
                delete(StoredChunk).where(
                    StoredChunk.tenant_id == tenant_id, StoredChunk.document_id == document_id
                )
            )
            return Claimed(
                document.id,
                tenant_id,
                document.assistant_id,
                document.thread_id,
                document.vector_store_id,
                document.filename,
                document.sha256,
                _size(document),
                await _wanted_embedding(scope, document),
            )

    async def _copy_duplicate(self, claimed: Claimed, name: EmbeddingName) -> bool:
        """Take over the chunks of the same bytes, if the tenant has had them embedded before."""
        async with self._scopes(claimed.tenant_id) as scope:
            duplicate = await scope.session.scalar(
                scope.select(Document)
                .where(
                    Document.sha256 == claimed.sha256,
                    Document.id != claimed.id,
                    Document.status == DocumentStatus.INDEXED,
                    Document.embedded_by == name.key,
                    func.coalesce(Document.chunk_tokens, USUAL.tokens) == claimed.size.tokens,
                    func.coalesce(Document.chunk_overlap, USUAL.overlap) == claimed.size.overlap,
                )
                .limit(1)
            )
            if duplicate is None or suffix_of(duplicate.filename) != suffix_of(claimed.filename):
                return False
            await _change(scope, claimed)  # held until the chunks are there
            await scope.session.execute(
                _COPY_CHUNKS, {**_place(claimed), "duplicate_id": duplicate.id}
            )
            values = (
                duplicate.chunk_count,
                duplicate.tokens,
                duplicate.embedded_by,
                duplicate.summary,
            )
        count, tokens, embedded_by, summary = values
        await self._finish(
            claimed, chunk_count=count, tokens=tokens, embedded_by=embedded_by, summary=summary
        )
        return True

    async def _store(
        self,
        claimed: Claimed,
        embedder: Embedder,
        batch: Sequence[Chunk],
        vectors: Sequence[Sequence[float]],
        *,
        count: int,
        tokens: int,
    ) -> None:
        async with self._scopes(claimed.tenant_id) as scope:
            await _change(scope, claimed, chunk_count=count, tokens=tokens)
            await scope.session.execute(
                _INSERT_CHUNKS,
                {
                    **_place(claimed),
                    "embedded_by": embedder.name.key,
                    "positions": [chunk.position for chunk in batch],
                    "texts": [chunk.text for chunk in batch],
                    "headings": [chunk.heading for chunk in batch],
                    "places": [chunk.place for chunk in batch],
                    "tokens": [chunk.tokens for chunk in batch],
                    "embeddings": [vector_text(vector) for vector in vectors],
                },
            )

    async def _finish(self, claimed: Claimed, **values: Any) -> None:
        async with self._scopes(claimed.tenant_id) as scope:
            await _change(
                scope,
                claimed,
                status=DocumentStatus.INDEXED,
                status_message=None,
                processing_completed_at=clock.now(),
                **values,
            )

    async def _fail(self, claimed: Claimed, reason: str, *, fault: str | None = None) -> None:
        async with self._scopes(claimed.tenant_id) as scope:
            await _change(
                scope,
                claimed,
                status=DocumentStatus.FAILED,
                status_message=reason,
                fault=fault,
                processing_completed_at=clock.now(),
            )

    async def _try_again(self, claimed: Claimed, reason: str) -> None:
        """Come back to it, unless this was the last of the attempts."""
        async with self._scopes(claimed.tenant_id) as scope:
            attempts = await _change(scope, claimed, status_message=reason)
            if attempts < ATTEMPTS:
                await enqueue(
                    scope.session,
                    INDEX_DOCUMENT,
                    after=_PAUSE * attempts,
                    tenant_id=str(claimed.tenant_id),
                    document_id=str(claimed.id),
                )
                return
        await self._fail(claimed, reason)


async def _change(scope: Scope, claimed: Claimed, **values: Any) -> int:
    """Write to a document that is being processed; its attempts so far. Raises DocumentGone."""
    attempts = await scope.session.scalar(
        update(Document)
        .where(
            Document.id == claimed.id,
            Document.tenant_id == claimed.tenant_id,
            Document.status == DocumentStatus.PROCESSING,
        )
        .values(updated_at=clock.now(), **values)
        .returning(Document.attempts)
        .execution_options(synchronize_session=False)
    )
    if attempts is None:
        raise DocumentGone("The document was deleted while it was being indexed")
    return attempts


async def _wanted_embedding(scope: Scope, document: Document) -> EmbeddingName:
    """The embedding that the document's assistant was made with."""
    if document.assistant_id is None:
        return DEFAULT_EMBEDDING
    return assistants.embedding_of(await assistants.get(scope, document.assistant_id))


def _size(document: Document) -> Size:
    if document.chunk_tokens is None:
        return USUAL
    return Size(document.chunk_tokens, document.chunk_overlap or 0)


def _place(claimed: Claimed) -> dict[str, Any]:
    return {
        "tenant_id": claimed.tenant_id,
        "document_id": claimed.id,
        "assistant_id": claimed.assistant_id,
        "thread_id": claimed.thread_id,
        "vector_store_id": claimed.vector_store_id,
    }
