"""The log of a run: its events in rows, numbered from 0, so that they can be read again.

Only who holds the lease writes. One who was taken for dead and comes back finds either that the run
is not his any more, or that the number he would write is taken.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import TextClause, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard.db.base import JsonList
from pegboard.db.signals import CHANNEL, payload
from pegboard.errors import AppError, ErrorKind
from pegboard.runs.leases import IN_EXECUTION, Lease
from pegboard.runs.model.event_json import from_json, to_json
from pegboard.runs.model.events import RunEvent
from pegboard.runs.tables import RunEvents
from pegboard.tenants.scope import Scope

LOGGED: Final = "run_logged"
"""The signal that a run's log has grown, or that the run is over."""

_APPEND: Final = """
    WITH lines AS (
        SELECT * FROM unnest(
            CAST(:run_ids AS uuid[]), CAST(:tenant_ids AS uuid[]), CAST(:owner_ids AS uuid[]),
            CAST(:attempts AS int[]), CAST(:firsts AS int[]), CAST(:events AS text[]),
            CAST(:signals AS text[])
        ) AS line(run_id, tenant_id, owner_id, attempts, first, events, signal)
    ), held AS (
        SELECT lines.* FROM lines
        JOIN runs ON runs.id = lines.run_id AND runs.tenant_id = lines.tenant_id
        WHERE runs.lease_owner = lines.owner_id AND runs.attempts = lines.attempts
          AND runs.status = ANY(:in_execution)
        FOR KEY SHARE OF runs {waiting}
    ), logged AS (
        INSERT INTO run_events (run_id, first, tenant_id, events)
        SELECT run_id, first, tenant_id, CAST(events AS json) FROM held
        ON CONFLICT DO NOTHING
        RETURNING run_id
    )
    SELECT logged.run_id, CASE WHEN signal IS NOT NULL THEN pg_notify(:channel, signal) END
    FROM logged JOIN lines USING (run_id)
"""
_APPEND_WAITING: Final = text(_APPEND.format(waiting=""))
# One run that is being deleted must not hold up the others of its batch.
_APPEND_PASSING_OVER: Final = text(_APPEND.format(waiting="SKIP LOCKED"))
_IS_WRITTEN: Final = text("""
    SELECT 1
    FROM run_events
    JOIN runs ON runs.id = run_events.run_id
    WHERE run_events.run_id = :run_id AND run_events.tenant_id = :tenant_id
      AND run_events.first = :first AND CAST(run_events.events AS text) = :events
      AND runs.lease_owner = :owner_id AND runs.attempts = :attempts
      AND runs.status = ANY(:in_execution)
""")


class RunLost(AppError):
    """The run is no longer ours: ended or taken up elsewhere, or gone with its thread."""

    kind = ErrorKind.CONFLICT
    code = "run_lost"

    def __init__(self) -> None:
        super().__init__("The run was ended elsewhere")


@dataclass(frozen=True, slots=True)
class LogEntry:
    """Events for the log, from number `first` on.

    With `has_remote_followers` other processes wait for them.
    """

    first: int
    events: Sequence[RunEvent]
    has_remote_followers: bool = False

    @property
    def after(self) -> int:
        return self.first + len(self.events)

    def to_json(self) -> JsonList:
        return to_json(self.events)


@dataclass(frozen=True, slots=True)
class Line:
    """An entry for the log of a run, and the lease under which it is written."""

    tenant_id: UUID
    run_id: UUID
    lease: Lease
    entry: LogEntry


async def append_many(session: AsyncSession, lines: Sequence[Line]) -> set[UUID]:
    """Write a line for each of several runs; returns the runs whose lines are written.

    What is missing was passed over: the run is not ours any more, the number is taken, or somebody
    holds the run's row. `append` finds out which.
    """
    return await _append(session, _APPEND_PASSING_OVER, lines)


async def append(session: AsyncSession, line: Line) -> None:
    """Write a line, also again where it was not known whether it had been written.

    The session commits by itself. Raises RunLost, and nothing is written.
    """
    if await _append(session, _APPEND_WAITING, [line]):
        return
    written = await session.scalar(
        _IS_WRITTEN,
        {
            "run_id": line.run_id,
            "tenant_id": line.tenant_id,
            "first": line.entry.first,
            "events": _json_of(line.entry),
            "owner_id": line.lease.owner_id,
            "attempts": line.lease.attempts,
            "in_execution": list(IN_EXECUTION),
        },
    )
    if written is None:
        raise RunLost


async def _append(session: AsyncSession, statement: TextClause, lines: Sequence[Line]) -> set[UUID]:
    written = await session.execute(
        statement,
        {
            "run_ids": [line.run_id for line in lines],
            "tenant_ids": [line.tenant_id for line in lines],
            "owner_ids": [line.lease.owner_id for line in lines],
            "attempts": [line.lease.attempts for line in lines],
            "firsts": [line.entry.first for line in lines],
            "events": [_json_of(line.entry) for line in lines],
            "signals": [
                payload(LOGGED, line.run_id) if line.entry.has_remote_followers else None
                for line in lines
            ],
            "channel": CHANNEL,
            "in_execution": list(IN_EXECUTION),
        },
    )
    return {run_id for run_id, _ in written}


def _json_of(entry: LogEntry) -> str:
    return json.dumps(entry.to_json(), separators=(",", ":"))


async def is_kept(scope: Scope, run_id: UUID) -> bool:
    """Whether the log of a run is still there from its beginning on."""
    beginning = select(RunEvents.first).where(
        RunEvents.run_id == run_id, RunEvents.tenant_id == scope.tenant_id, RunEvents.first == 0
    )
    return await scope.session.scalar(beginning) is not None


async def read(scope: Scope, run_id: UUID, *, after: int = 0) -> list[RunEvent]:
    """The events from number `after` on, as far as they are written."""
    events, _ = await read_page(scope, run_id, after=after, entries=None)
    return events


async def read_page(
    scope: Scope, run_id: UUID, *, after: int, entries: int | None
) -> tuple[list[RunEvent], bool]:
    """The same, of so many entries at most; and whether there may be more."""
    rows = await scope.session.execute(
        select(RunEvents.first, RunEvents.events)
        .where(
            RunEvents.run_id == run_id,
            RunEvents.tenant_id == scope.tenant_id,
            RunEvents.first
            >= select(func.coalesce(func.max(RunEvents.first), 0))
            .where(RunEvents.run_id == run_id, RunEvents.first <= after)
            .scalar_subquery(),
        )
        .order_by(RunEvents.first)
        .limit(entries)
    )
    events: list[RunEvent] = []
    count = 0
    for first, logged in rows:
        count += 1
        events += from_json(logged[max(0, after - first) :])
    return events, count == entries
