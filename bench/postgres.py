"""The durable Postgres that all servers of a run share, each with a database of its own on it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from pegboard.db.embedded import Address, EmbeddedPostgres

_TABLES = """
SELECT quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname = 'public' ORDER BY c.relname
"""
_FIGURES = """
SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint AS bytes,
    (pg_current_wal_insert_lsn() - '0/0')::bigint AS wal,
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS transactions
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname = 'public'
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a database holds, and what the whole Postgres has written so far."""

    rows: dict[str, int]
    bytes: int
    wal: int
    transactions: int


@dataclass(frozen=True, slots=True)
class Database:
    url: str
    """For asyncpg, and for Pegboard."""

    async def stored(self) -> Stored:
        """Row counts, size with indexes, log position and the next number of a transaction."""
        connection = await asyncpg.connect(self.url)
        try:
            names = [row[0] for row in await connection.fetch(_TABLES)]
            rows = {
                name: await connection.fetchval(f"SELECT count(*) FROM {name}") for name in names
            }
            figures = await connection.fetchrow(_FIGURES)
        finally:
            await connection.close()
        return Stored(rows, figures["bytes"], figures["wal"], figures["transactions"])


@asynccontextmanager
async def running_postgres(folder: Path) -> AsyncIterator[Address]:
    """As `pegboard serve` runs it, fsync and all."""
    async with EmbeddedPostgres(folder) as postgres:
        yield await postgres.start()


async def new_database(address: Address, name: str) -> Database:
    connection = await asyncpg.connect(_url(address, "postgres"))
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return Database(_url(address, name))


def _url(address: Address, database: str) -> str:
    return address.url(database).replace("postgresql+asyncpg://", "postgresql://", 1)
