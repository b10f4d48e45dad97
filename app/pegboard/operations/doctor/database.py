"""The database: reached, fit, current, keeping up."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pegboard import clock
from pegboard.composition.resources import connections_at_most
from pegboard.db.engine import connections_allowed, sessions_of
from pegboard.db.migration import known_revisions, newest_revision, present_revision
from pegboard.operations.doctor.finding import Finding, fail, ok, warn
from pegboard.operations.stuck_runs import stuck_runs
from pegboard.settings import Settings

OLD: Final = timedelta(hours=1)
"""A run of this age, wherever it is, is worth a look."""

_SKEW_SECONDS: Final = 2.0
_WAITING_SECONDS: Final = 300.0
_OLDEST_SERVER: Final = 140000
_OLDEST_VECTOR: Final = (0, 7)

_VECTOR: Final = text("""
    SELECT installed_version, default_version FROM pg_available_extensions WHERE name = 'vector'
""")
_QUEUE: Final = text("""
    SELECT count(*) FILTER (WHERE status = 'queued' AND execute_after <= now()) AS due,
        extract(epoch FROM now() - min(execute_after)
            FILTER (WHERE status = 'queued' AND execute_after <= now()))::float AS waiting,
        count(*) FILTER (WHERE status = 'failed') AS failed
    FROM pgqueuer
""")
_FAILED: Final = text("""
    SELECT (SELECT count(*) FROM documents
            WHERE status = 'failed' AND updated_at > now() - interval '1 day') AS documents,
        (SELECT count(*) FROM memory_operations
            WHERE status = 'failed' AND updated_at > now() - interval '1 day') AS extractions
""")


async def examine_database(settings: Settings, engine: AsyncEngine) -> AsyncIterator[Finding]:
    async with engine.connect() as connection:
        yield await _server(connection)
        yield await _vector(connection)
        yield await _clock(connection)
        yield await _connections(settings, connection)
        revision = await present_revision(connection)
        yield _schema(revision)
        if revision != newest_revision():
            return  # what follows asks tables as they are now
        yield await _queue(connection)
        yield await _failures(connection)
    async with sessions_of(engine)() as session:
        stuck = await stuck_runs(session, older_than=OLD)
    if stuck:
        yield warn("runs", f"{len(stuck)} do not come to an end; see `pegboard runs stuck`")
    else:
        yield ok("runs", "none is stuck")


async def _server(connection: AsyncConnection) -> Finding:
    version = await connection.scalar(text("SHOW server_version"))
    number = int(str(await connection.scalar(text("SHOW server_version_num"))))
    detail = f"Postgres {version} answers"
    return (
        ok("database", detail)
        if number >= _OLDEST_SERVER
        else fail("database", f"{detail}; 14 or newer is needed")
    )


async def _vector(connection: AsyncConnection) -> Finding:
    row = (await connection.execute(_VECTOR)).one_or_none()
    if row is None:
        return fail("pgvector", "the extension is not installed on this Postgres")
    version = row.installed_version or row.default_version
    if tuple(map(int, version.split(".")[:2])) < _OLDEST_VECTOR:
        return fail("pgvector", f"{version}; 0.7 or newer is needed")
    return ok("pgvector", str(version))


async def _clock(connection: AsyncConnection) -> Finding:
    """Half the way there and back is taken off."""
    asked_at, began = clock.now(), monotonic()
    theirs = await connection.scalar(text("SELECT clock_timestamp()"))
    assert isinstance(theirs, datetime)  # noqa: S101  what Postgres calls a timestamp
    skew = (theirs - asked_at).total_seconds() - (monotonic() - began) / 2
    detail = f"{abs(skew):.2f} s {'before' if skew > 0 else 'behind'} this machine's"
    if abs(skew) > _SKEW_SECONDS:
        return warn("clock", f"the database's clock is {detail}")
    return ok("clock", f"the database's is {detail}")


async def _connections(settings: Settings, connection: AsyncConnection) -> Finding:
    allowed = await connections_allowed(connection)
    wanted = connections_at_most(settings)
    processes = "1 process" if settings.workers == 1 else f"{settings.workers} processes"
    detail = f"{processes} of `serve` here may open {wanted}, Postgres gives {allowed} to all"
    if wanted > allowed:
        return fail("connections", f"{detail}: lower PEGBOARD_DATABASE_POOL or PEGBOARD_WORKERS")
    return ok("connections", detail)


def _schema(revision: str | None) -> Finding:
    if revision is None:
        return warn("schema", "there is none yet; `pegboard serve` or `migrate` makes it")
    if revision == newest_revision():
        return ok("schema", f"{revision} is this program's")
    if revision in known_revisions():
        return warn("schema", f"{revision} is older than this program's; a start brings it up")
    return fail("schema", f"{revision} is not known here: the database is of a newer Pegboard")


async def _queue(connection: AsyncConnection) -> Finding:
    due, waiting, failed = (await connection.execute(_QUEUE)).one()
    detail = f"{due} jobs are due, {failed} have failed"
    if failed or (waiting or 0) > _WAITING_SECONDS:
        since = f", the oldest for {waiting:.0f} s" if waiting else ""
        return warn("queue", f"{detail}{since}; does a `serve` or a `worker` do jobs?")
    return ok("queue", detail)


async def _failures(connection: AsyncConnection) -> Finding:
    documents, extractions = (await connection.execute(_FAILED)).one()
    detail = (
        f"{documents} documents and {extractions} memory operations have failed since yesterday"
    )
    return warn("work", detail) if documents or extractions else ok("work", detail)
