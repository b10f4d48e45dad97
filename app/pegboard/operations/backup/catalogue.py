"""What there is in the database, as Postgres describes it: whatever the schema's revision."""

from collections import defaultdict
from collections.abc import Iterable
from graphlib import TopologicalSorter
from typing import Any, Final

import asyncpg

# What Postgres computes itself cannot be written; the revision is written by the migrations.
_COLUMNS: Final = """
    SELECT c.relname AS table, a.attname AS column
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
        AND c.relname <> 'alembic_version'
        AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    ORDER BY c.relname, a.attnum
"""
_SIZES: Final = """
    SELECT relname AS table, pg_table_size(oid) AS bytes
    FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
"""
_REFERENCES: Final = """
    SELECT f.conrelid::regclass::text AS from, f.confrelid::regclass::text AS to
    FROM pg_constraint f
    WHERE f.contype = 'f' AND f.connamespace = current_schema()::regnamespace
"""
_SEQUENCES: Final = """
    SELECT sequencename AS name, last_value
    FROM pg_sequences
    WHERE schemaname = current_schema() AND last_value IS NOT NULL
    ORDER BY sequencename
"""


async def columns_by_table(connection: "asyncpg.Connection[Any]") -> dict[str, tuple[str, ...]]:
    by_table: defaultdict[str, list[str]] = defaultdict(list)
    for row in await connection.fetch(_COLUMNS):
        by_table[row["table"]].append(row["column"])
    return {table: tuple(columns) for table, columns in by_table.items()}


async def sizes_by_table(connection: "asyncpg.Connection[Any]") -> dict[str, int]:
    """Bytes on the disk: about what a copy of it will have."""
    return {row["table"]: row["bytes"] for row in await connection.fetch(_SIZES)}


async def in_loading_order(
    connection: "asyncpg.Connection[Any]", tables: Iterable[str]
) -> list[str]:
    """The tables, each after those that its rows refer to."""
    sorter: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(tables, ()))
    for row in await connection.fetch(_REFERENCES):
        if row["from"] != row["to"]:
            sorter.add(row["from"], row["to"])
    return list(sorter.static_order())


async def last_values(connection: "asyncpg.Connection[Any]") -> dict[str, int]:
    """Of each sequence that was ever used. Not part of any snapshot: never less than in one."""
    return {row["name"]: row["last_value"] for row in await connection.fetch(_SEQUENCES)}
