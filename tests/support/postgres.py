"""The Postgres of a test process, and new databases on it."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from sqlalchemy import text
from sqlalchemy.engine import make_url

from pegboard.db.engine import open_engine
from pegboard.db.migration import migrate
from pegboard.identifiers import new_id
from tests.support.deadlines import patience
from tests.support.folders import postgres_folder


@contextmanager
def running_postgres() -> Iterator[str]:
    """The URL of a Postgres that lasts as long as the block."""
    with postgres_folder() as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.postgres_process", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            assert url, "Postgres did not start"
            yield url
        finally:
            process.stdin.close()
            process.wait(patience(30))
            process.stdout.close()


def new_database(server_url: str) -> str:
    """The URL of a fresh database, with the schema and no rows.

    Copied from one that was migrated once, which takes less than half of the work.
    """
    return _create(server_url, template=_migrated(server_url))


def empty_database(server_url: str) -> str:
    """The URL of a fresh database without a schema, as an operator makes it."""
    return _create(server_url, template="template1")


@cache
def _migrated(server_url: str) -> str:
    url = empty_database(server_url)

    async def bring_up_to_date() -> None:
        engine = open_engine(url, pool_size=1)
        await migrate(engine)
        await engine.dispose()

    asyncio.run(bring_up_to_date())
    return str(make_url(url).database)


def _create(server_url: str, *, template: str) -> str:
    name = f"test_{new_id().hex}"

    async def create() -> None:
        engine = open_engine(server_url, pool_size=1)
        async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            await connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
        await engine.dispose()

    asyncio.run(create())
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def query(url: str, statement: str, **values: object) -> list[tuple[object, ...]]:
    """The rows of one statement, for what cannot be seen at the API."""

    async def ask() -> list[tuple[object, ...]]:
        engine = open_engine(url, pool_size=1)
        async with engine.begin() as connection:
            result = await connection.execute(text(statement), values)
            rows = [tuple(row) for row in result] if result.returns_rows else []
        await engine.dispose()
        return rows

    return asyncio.run(ask())
