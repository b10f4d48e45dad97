"""The database that the settings name, or one of our own in the data folder."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import platformdirs
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from app.db.embedded import EmbeddedPostgres, has_cluster
from app.db.engine import check_reachable, open_engine, sessions_of
from app.db.migration import migrate
from app.settings import Settings

OpenDatabase: TypeAlias = Callable[[Settings], AbstractAsyncContextManager[AsyncEngine]]


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """An engine on the configured Postgres, or on one of our own in the data folder; migrated."""
    async with reach_database(settings) as engine:
        await migrate(engine)
        yield engine


@asynccontextmanager
async def reach_database(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """The same, with whatever schema it has."""
    if settings.database_url is not None:
        engine = open_engine(
            settings.database_url.get_secret_value(), pool_size=settings.database_pool
        )
        try:
            await check_reachable(engine)
            yield engine
        finally:
            await engine.dispose()
        return
    postgres = EmbeddedPostgres(data_folder(settings), binaries=settings.postgres_bin)
    address = await postgres.start()
    try:
        engine = open_engine(address.url("pegboard"), pool_size=settings.database_pool)
        try:
            yield engine
        finally:
            await engine.dispose()
    finally:
        await postgres.stop()


def holds_data(settings: Settings) -> bool:
    """Whether there may be data: opening an embedded database that is not there makes one."""
    return settings.database_url is not None or has_cluster(data_folder(settings))


def data_folder(settings: Settings) -> Path:
    """Where data are kept: the named folder, else the system's (as root) or the user's own."""
    if settings.data_dir is not None:
        return settings.data_dir.expanduser().absolute()
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/pegboard")
    return platformdirs.user_data_path("pegboard", appauthor=False)


def statements_of(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Sessions in which each statement is a transaction of its own.

    BEGIN and COMMIT would be two round trips more for a request that only reads.
    """
    return sessions_of(engine.execution_options(isolation_level="AUTOCOMMIT"))
