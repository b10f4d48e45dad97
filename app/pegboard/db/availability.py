"""Whether an error means that the database cannot serve us just now: it is gone, or busy."""

from typing import Final

import asyncpg
from sqlalchemy import exc

from pegboard.errors import AppError, ErrorKind
from pegboard.telemetry.logs.causes import CauseLog

_TOO_MANY_CONNECTIONS: Final = "53300"
_RETRY_SECONDS: Final = 2

_causes: Final = CauseLog("pegboard.database")


class DatabaseAway(AppError):
    kind = ErrorKind.UNAVAILABLE
    code = "database_unavailable"
    retry_after = _RETRY_SECONDS

    def __init__(self) -> None:
        super().__init__("The database cannot be reached at the moment")


class DatabaseBusy(AppError):
    """The database is well; no connection to it became free in time."""

    kind = ErrorKind.UNAVAILABLE
    code = "server_busy"
    retry_after = _RETRY_SECONDS

    def __init__(self) -> None:
        super().__init__("The server is busy: no database connection became free in time")


def unavailability(error: BaseException) -> AppError | None:
    """What the caller is told of an error that passes by itself; None for every other.

    Reported to the log by cause, not by victim.
    """
    if is_away(error):
        _causes.report("database_away", error=type(error).__name__)
        return DatabaseAway()
    if is_overloaded(error):
        _causes.report("database_busy", error=type(error).__name__)
        return DatabaseBusy()
    return None


def is_away(error: BaseException) -> bool:
    """Whether an error says that Postgres cannot be reached just now, not that we asked wrongly.

    SQLSTATE classes 08 (connection) and 57P (shutdown, starting up).
    """
    if is_overloaded(error):
        return False
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
    return isinstance(error, ConnectionError | FileNotFoundError)


def is_overloaded(error: BaseException) -> bool:
    """Whether Postgres is well, but had no connection left for us within the time we wait.

    Ours are all in use (SQLAlchemy's pool), or Postgres' own are (SQLSTATE 53300).
    """
    if isinstance(error, exc.DBAPIError):
        return getattr(error.orig, "sqlstate", None) == _TOO_MANY_CONNECTIONS
    if isinstance(error, asyncpg.PostgresError):
        return bool(error.sqlstate == _TOO_MANY_CONNECTIONS)
    return isinstance(error, exc.TimeoutError)


def is_passing(error: BaseException) -> bool:
    """Whether the same statement may succeed in a moment: the database is away or overloaded."""
    return is_away(error) or is_overloaded(error)
