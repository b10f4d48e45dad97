"""The engine and its sessions, from the ways to a database."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import asyncpg
import msgspec
from sqlalchemy import URL, Connection, event, exc, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from pegboard import strict_json
from pegboard.db.address import DatabaseAddress, read_address
from pegboard.db.pooling import Pooling, arguments_for
from pegboard.errors import AppError, ErrorKind

_ROUTES: Final = "pegboard_routes"
"""An option of the engine: what was made for it goes with it, and with its copies."""


class DatabaseUnreachable(AppError):
    kind = ErrorKind.UNAVAILABLE
    code = "database_unreachable"


@dataclass(frozen=True, slots=True)
class Route:
    """A way to the database, and what is between."""

    address: DatabaseAddress
    pooling: Pooling = Pooling.NONE

    def arguments(self) -> dict[str, Any]:
        """What `asyncpg.connect` takes."""
        return arguments_for(self.address, self.pooling)


@dataclass(frozen=True, slots=True)
class Routes:
    """`requests` go through a pool of ours; `direct` is for what wants a session to itself."""

    requests: Route
    direct: Route


def open_engine(url: str, *, pool_size: int) -> AsyncEngine:
    """An engine on `url` (any Postgres URL; the driver is always asyncpg), with no pooler between.

    Raises AddressUnusable.
    """
    route = Route(read_address(url))
    return engine_on(Routes(route, route), pool_size=pool_size)


def engine_on(routes: Routes, *, pool_size: int, overflow: int | None = None) -> AsyncEngine:
    """`overflow`: connections beyond the pool's size; as many again where it is not given."""
    route = routes.requests
    engine = create_async_engine(
        # SQLAlchemy is told of the place for its messages only; the address is read by us.
        URL.create("postgresql+asyncpg"),
        pool_size=pool_size,
        max_overflow=pool_size if overflow is None else overflow,
        pool_timeout=30,
        pool_use_lifo=True,
        json_serializer=strict_json.dumps,
        json_deserializer=_from_json,
        hide_parameters=True,  # an error that is logged must not show what users wrote
        connect_args=_unprepared(route) | {"async_creator_fn": partial(_connect, route)},
        execution_options={_ROUTES: routes},
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


async def _connect(route: Route) -> "asyncpg.Connection[Any]":
    return await asyncpg.connect(**route.arguments())


def _unprepared(route: Route) -> dict[str, Any]:
    """Where transactions are dealt out, a statement is made anew for each, and has no name."""
    if route.pooling is not Pooling.TRANSACTION:
        return {}
    return {"prepared_statement_cache_size": 0, "prepared_statement_name_func": str}


def routes_of(engine: AsyncEngine) -> Routes:
    routes: Routes = engine.get_execution_options()[_ROUTES]
    return routes


def engine_beside(engine: AsyncEngine, *, pool_size: int, overflow: int) -> AsyncEngine:
    """Another pool of connections to the same database, for work that must not wait for others."""
    return engine_on(routes_of(engine), pool_size=pool_size, overflow=overflow)


def each_by_itself(engine: AsyncEngine) -> AsyncEngine:
    """The same engine and pool; each statement is a transaction of its own.

    BEGIN and COMMIT would be two round trips more for a request that only reads. Behind a pooler
    that deals transactions out they are sent all the same: a statement is prepared and run in two
    exchanges, which must come to the same process.
    """
    if routes_of(engine).requests.pooling is not Pooling.TRANSACTION:
        return engine.execution_options(isolation_level="AUTOCOMMIT")
    alone = engine.execution_options()
    event.listen(alone.sync_engine, "after_cursor_execute", _commit)
    event.listen(alone.sync_engine, "handle_error", _roll_back)
    return alone


def _commit(connection: Connection, *_: Any) -> None:
    connection.connection.dbapi_connection.commit()  # type: ignore[union-attr]  # in use, so there


def _roll_back(context: ExceptionContext) -> None:
    if context.connection is not None and not context.is_disconnect:
        context.connection.connection.dbapi_connection.rollback()  # type: ignore[union-attr]


def sessions_of(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engine, expire_on_commit=False, autoflush=False)


@asynccontextmanager
async def explained(address: DatabaseAddress) -> AsyncIterator[None]:
    """Raises DatabaseUnreachable, with the place and the reason but no password, for what keeps a
    connection from being opened within."""
    try:
        yield
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, exc.SQLAlchemyError) as error:
        reason = str(error.orig if isinstance(error, exc.DBAPIError) else error).split("\n")[0]
        if isinstance(error, TimeoutError):
            reason = reason or "no answer in time"
        name = f" {address.database!r}" if address.database else ""
        raise DatabaseUnreachable(
            f"The database{name} at {address.place} cannot be opened: {reason}"
        ) from error


def connect_arguments(engine: AsyncEngine) -> dict[str, Any]:
    """In asyncpg's words, for a connection outside the pool that has a session to itself."""
    return routes_of(engine).direct.arguments()


async def connections_allowed(connection: AsyncConnection) -> int:
    """How many connections this Postgres has for ordinary users, by all its clients together."""
    allowed = await connection.scalar(
        text(
            "SELECT current_setting('max_connections')::int"
            " - current_setting('superuser_reserved_connections')::int"
            " - coalesce(current_setting('reserved_connections', true)::int, 0)"
        )
    )
    return int(allowed or 0)


def _refuse_closed(connection: Any, record: Any, proxy: Any) -> None:
    """Replace connections that died in the pool, as after a restart of Postgres.

    asyncpg notices a closed socket by itself, so that asking costs nothing; SQLAlchemy's
    `pool_pre_ping` would spend a round trip on every checkout.
    """
    if connection.driver_connection.is_closed():
        raise exc.DisconnectionError


def _from_json(text: str | bytes) -> Any:
    """Several times as quick as the standard library, for rows that hold a megabyte of it."""
    try:
        return msgspec.json.decode(text)
    except (ValueError, msgspec.MsgspecError):  # written when a looser parser read it
        return json.loads(text)


def is_collision(error: BaseException) -> bool:
    """Whether the statement lost to another transaction (deadlock) and may be tried again."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return state in {"40001", "40P01"}
