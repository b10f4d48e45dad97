"""The engine and its sessions, from a URL."""

import json
from typing import Any

import asyncpg
from sqlalchemy import event, exc, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from app.errors import AppError, Kind


class DatabaseUnreachable(AppError):
    kind = Kind.UNAVAILABLE
    code = "database_unreachable"


def open_engine(url: str, *, pool_size: int) -> AsyncEngine:
    """An engine on `url` (any Postgres URL; the driver is always asyncpg).

    Raises DatabaseUnreachable for what is no such URL.
    """
    try:
        address = make_url(with_driver(url))
    except (exc.ArgumentError, ValueError):
        # The error itself would show the password.
        raise DatabaseUnreachable("PEGBOARD_DATABASE_URL is not a valid URL") from None
    return _engine(address, pool_size=pool_size, max_overflow=pool_size)


def open_beside(engine: AsyncEngine, *, connections: int) -> AsyncEngine:
    """Another engine on the same database, whose few connections no user of the first can take."""
    return _engine(engine.url, pool_size=connections, max_overflow=0)


def _engine(address: URL, *, pool_size: int, max_overflow: int) -> AsyncEngine:
    engine = create_async_engine(
        address,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=30,
        pool_use_lifo=True,
        json_serializer=_to_json,
        hide_parameters=True,  # an error that is logged must not show what users wrote
        connect_args={"server_settings": {"application_name": "pegboard", "jit": "off"}},
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def sessions_of(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engine, expire_on_commit=False, autoflush=False)


def with_driver(url: str) -> str:
    """The same address, spoken by asyncpg: people write `postgres://` and `postgresql://`."""
    for prefix in ("postgresql+asyncpg://", "postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+asyncpg://" + url.removeprefix(prefix)
    raise DatabaseUnreachable("PEGBOARD_DATABASE_URL must begin with postgresql://")


async def check_reachable(engine: AsyncEngine) -> None:
    """Raise DatabaseUnreachable, with the place and the reason but no password."""
    try:
        async with engine.connect():
            pass
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, exc.SQLAlchemyError) as error:
        place = f"{engine.url.host or 'local socket'}:{engine.url.port or 5432}"
        reason = str(error.orig if isinstance(error, exc.DBAPIError) else error).split("\n")[0]
        raise DatabaseUnreachable(
            f"The database {engine.url.database!r} at {place} cannot be opened: {reason}"
        ) from error


def connect_arguments(engine: AsyncEngine) -> dict[str, Any]:
    """The engine's own address, in asyncpg's words, for a connection outside the pool."""
    _, arguments = engine.dialect.create_connect_args(engine.url)
    known = {"host", "port", "user", "password", "database", "ssl"}
    return {name: value for name, value in arguments.items() if name in known}


async def connections_allowed(connection: AsyncConnection) -> int:
    """How many connections this Postgres has for ordinary users, by all its clients together."""
    found = await connection.scalar(
        text(
            "SELECT current_setting('max_connections')::int"
            " - current_setting('superuser_reserved_connections')::int"
            " - coalesce(current_setting('reserved_connections', true)::int, 0)"
        )
    )
    return int(found or 0)


def _refuse_closed(connection: Any, record: Any, proxy: Any) -> None:
    """Replace connections that died in the pool, as after a restart of Postgres.

    asyncpg notices a closed socket by itself, so that asking costs nothing; SQLAlchemy's
    `pool_pre_ping` would spend a round trip on every checkout.
    """
    if connection.driver_connection.is_closed():
        raise exc.DisconnectionError


def _to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def is_away(error: BaseException) -> bool:
    """Whether an error says that Postgres cannot be reached just now, not that we asked wrongly.

    SQLSTATE classes 08 (connection) and 57P (shutdown, starting up).
    """
    if isinstance(error, exc.DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        return (
            error.connection_invalidated
            or isinstance(error, exc.InterfaceError | exc.OperationalError)
            or state.startswith(("08", "57P"))
        )
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "").startswith(("08", "57P"))
    # The socket of an embedded Postgres is a file.
    return isinstance(error, ConnectionError | FileNotFoundError | exc.TimeoutError)


def is_collision(error: BaseException) -> bool:
    """Whether the statement lost to another transaction (deadlock) and may be tried again."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return state in {"40001", "40P01"}
