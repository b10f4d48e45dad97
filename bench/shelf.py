"""Documents put straight into a database, so that search can be measured without indexing first."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg
import numpy
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.postgres import Database, new_database
from pegboard import clock
from pegboard.assistants import operations as assistants
from pegboard.db.embedded import Address
from pegboard.db.engine import open_engine, sessions_of
from pegboard.db.migration import migrate
from pegboard.documents.tables import DocumentStatus
from pegboard.identifiers import new_id
from pegboard.llm.embeddings.minilm import LOCAL
from pegboard.tenants.scope import Scopes, scopes_of
from pegboard.tenants.tables import Tenant

_DOCUMENTS: Final = """
    id tenant_id created_at updated_at assistant_id filename status byte_size sha256 attempts
    chunk_count tokens embedded_by
""".split()  # noqa: SIM905
_CHUNKS: Final = """
    tenant_id document_id assistant_id position text heading tokens embedded_by embedding
""".split()  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class Passage:
    text: str
    heading: str
    vector: Sequence[float]


@dataclass(frozen=True, slots=True)
class Shelf:
    """The documents of one tenant. The pool holds one connection, as warm as in a server."""

    database: Database
    engine: AsyncEngine
    scopes: Scopes
    tenant_id: UUID

    async def new_assistant(self) -> UUID:
        async with self.scopes(self.tenant_id) as scope:
            return (await assistants.create(scope, name="bench")).id

    async def put(self, documents: Sequence[tuple[UUID, Sequence[Passage]]]) -> list[UUID]:
        """The ids of new documents, each given by its assistant and its passages."""
        ids = [new_id() for _ in documents]
        connection = await asyncpg.connect(self.database.url)
        try:
            await connection.set_type_codec(
                "halfvec", schema="public", encoder=_halfvec, decoder=bytes, format="binary"
            )
            await connection.copy_records_to_table(
                "documents",
                columns=_DOCUMENTS,
                records=[
                    self._document(document_id, assistant_id, passages)
                    for document_id, (assistant_id, passages) in zip(ids, documents, strict=True)
                ],
            )
            await connection.copy_records_to_table(
                "chunks",
                columns=_CHUNKS,
                records=(
                    self._chunk(document_id, assistant_id, position, passage)
                    for document_id, (assistant_id, passages) in zip(ids, documents, strict=True)
                    for position, passage in enumerate(passages)
                ),
            )
        finally:
            await connection.close()
        return ids

    async def tidy(self) -> None:
        """What autovacuum does a minute after such a load; and connections that know nothing.

        An old one would go by what its statements cost while the table was small, and hold on to
        plans that a server started now would not choose.
        """
        await self.engine.dispose()
        connection = await asyncpg.connect(self.database.url)
        try:
            await connection.execute("VACUUM ANALYZE chunks, documents")
        finally:
            await connection.close()

    def _document(
        self, document_id: UUID, assistant_id: UUID, passages: Sequence[Passage]
    ) -> tuple[Any, ...]:
        moment = clock.now()
        size = sum(len(passage.text) for passage in passages)
        return (
            document_id,
            self.tenant_id,
            moment,
            moment,
            assistant_id,
            "bench.txt",
            DocumentStatus.INDEXED.value,
            size,
            document_id.hex,
            1,
            len(passages),
            size // 4,
            LOCAL.key,
        )

    def _chunk(
        self, document_id: UUID, assistant_id: UUID, position: int, passage: Passage
    ) -> tuple[Any, ...]:
        return (
            self.tenant_id,
            document_id,
            assistant_id,
            position,
            passage.text,
            passage.heading or None,
            len(passage.text) // 4,
            LOCAL.key,
            passage.vector,
        )


@asynccontextmanager
async def open_shelf(address: Address, name: str) -> AsyncIterator[Shelf]:
    """A new database with the schema and a tenant, and nothing else."""
    database = await new_database(address, name)
    engine = open_engine(database.url, pool_size=1)
    try:
        await migrate(engine)
        tenant_id = await _new_tenant(engine)
        yield Shelf(database, engine, scopes_of(sessions_of(engine)), tenant_id)
    finally:
        await engine.dispose()


async def _new_tenant(engine: AsyncEngine) -> UUID:
    tenant_id = new_id()
    async with engine.begin() as connection:
        await connection.execute(insert(Tenant).values(id=tenant_id, created_at=clock.now()))
    return tenant_id


def _halfvec(vector: Sequence[float]) -> bytes:
    """As pgvector sends and receives it: the length, two bytes to spare, the numbers."""
    header = len(vector).to_bytes(2, "big") + b"\0\0"
    return header + numpy.asarray(vector, dtype=">f2").tobytes()
