"""Whether there is a pooler between us and Postgres, and what it lets us rely on.

Poolers do not say so. pgbouncer, in front of most hosted Postgres, refuses some words at the start
of a session; all of them answer with a number of their own where Postgres gives that of the process
that serves the session.
"""

import asyncio
from enum import StrEnum
from typing import Any, Final

import asyncpg

from pegboard.db.address import DatabaseAddress
from pegboard.errors import AppError, ErrorKind

_ROUNDS: Final = 4
"""Looks at whether sessions share processes; a pooler that deals them in turn shows it at once."""

_PATIENCE_SECONDS: Final = 10.0

_PID: Final = "SELECT pg_backend_pid()"


class Pooling(StrEnum):
    """How long a session keeps the process of Postgres that serves it.

    NONE: always, nothing is between. SESSION: as long as it lasts. TRANSACTION: for a transaction,
    so that prepared statements, LISTEN, SET and locks of a session lead to somebody else.
    """

    NONE = "none"
    SESSION = "session"
    TRANSACTION = "transaction"


class PoolerUnusable(AppError):
    kind = ErrorKind.UNSUPPORTED
    code = "pooler_unusable"


class PooledConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types here
    """A session of which each transaction may be served by another process of Postgres."""

    async def set_type_codec(self, *args: Any, **options: Any) -> None:
        # It asks for the type first, in two exchanges.
        async with self.transaction():
            await super().set_type_codec(*args, **options)


def arguments_for(address: DatabaseAddress, pooling: Pooling) -> dict[str, Any]:
    """What `asyncpg.connect` takes."""
    arguments = address.arguments()
    match pooling:
        case Pooling.NONE:
            # Compiling costs more than our queries take. Poolers refuse the word.
            arguments["server_settings"].setdefault("jit", "off")
        case Pooling.TRANSACTION:
            # Statements without a name, made and used within one transaction.
            arguments["statement_cache_size"] = 0
            arguments["connection_class"] = PooledConnection
    return arguments


async def find_pooling(address: DatabaseAddress) -> Pooling:
    """Connects, and raises what asyncpg does."""
    try:
        first = await asyncpg.connect(**arguments_for(address, Pooling.NONE))
    except asyncpg.ProtocolViolationError as error:
        if "jit" not in str(error):
            raise
        # pgbouncer: "unsupported startup parameter: jit"
        first = await asyncpg.connect(**arguments_for(address, Pooling.TRANSACTION))
    try:
        async with first.transaction():
            served_by = await first.fetchval(_PID)
        if served_by == first.get_server_pid():
            return Pooling.NONE
        return await _of_pooler(address, first, served_by)
    finally:
        first.terminate()


async def _of_pooler(
    address: DatabaseAddress, first: "asyncpg.Connection[Any]", served_by: int
) -> Pooling:
    """Whether another session is served by the process that a session in use was served by, or
    leaves it another one."""
    second: asyncpg.Connection[Any] | None = None
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            second = await asyncpg.connect(**arguments_for(address, Pooling.TRANSACTION))
            for _ in range(_ROUNDS):
                async with second.transaction():
                    if await second.fetchval(_PID) == served_by:
                        return Pooling.TRANSACTION
                    async with first.transaction():
                        ours = await first.fetchval(_PID)
                if ours != served_by:
                    return Pooling.TRANSACTION
    except TimeoutError:
        # It has no second process to give just now. Who relies on less is right in any case.
        return Pooling.TRANSACTION
    finally:
        if second is not None:
            second.terminate()
    return Pooling.SESSION
