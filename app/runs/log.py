"""The log of a run: its events in rows, numbered from 0, so that they can be told again.

Only who holds the lease writes. One who was taken for dead and comes back finds either that the run
is not his any more, or that the number he would write is taken.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from app.db.base import JsonList
from app.db.signals import NOTIFY, payload
from app.errors import AppError, Kind
from app.runs.event_json import from_json, to_json
from app.runs.events import RunEvent
from app.runs.lease import PLAYING, Lease
from app.runs.tables import RunEvents
from app.tenants.scope import Scope

LOGGED: Final = "run_logged"
"""The signal that a run's log has grown, or that the run is over."""

_APPEND: Final = text(f"""
    WITH logged AS (
        INSERT INTO run_events (run_id, first, tenant_id, events)
        SELECT runs.id, :first, :tenant_id, CAST(:events AS json)
        FROM runs
        WHERE runs.id = :run_id AND runs.tenant_id = :tenant_id AND runs.lease_owner = :owner_id
          AND runs.attempts = :attempts AND runs.status = ANY(:playing)
        RETURNING run_id
    )
    SELECT run_id, CASE WHEN :heard THEN {NOTIFY} END FROM logged
""")  # noqa: S608  the interpolated text is a constant


class RunLost(AppError):
    """The run is no longer ours: ended or taken up elsewhere, or gone with its thread."""

    kind = Kind.CONFLICT
    code = "run_lost"

    def __init__(self) -> None:
        super().__init__("The run was ended elsewhere")


@dataclass(frozen=True, slots=True)
class Entry:
    """Events for the log, from number `first` on; `heard` where another process waits for them."""

    first: int
    events: Sequence[RunEvent]
    heard: bool = False

    @property
    def after(self) -> int:
        return self.first + len(self.events)

    def to_json(self) -> JsonList:
        return to_json(self.events)


async def append(scope: Scope, run_id: UUID, entry: Entry, lease: Lease) -> None:
    """Raises RunLost, and nothing is written."""
    try:
        written = await scope.session.execute(
            _APPEND,
            {
                "run_id": run_id,
                "tenant_id": scope.tenant_id,
                "owner_id": lease.owner_id,
                "attempts": lease.attempts,
                "playing": list(PLAYING),
                "first": entry.first,
                "events": json.dumps(entry.to_json(), separators=(",", ":")),
                "heard": entry.heard,
                "signal": payload(LOGGED, run_id),
            },
        )
    except IntegrityError as error:
        raise RunLost from error
    if written.first() is None:
        raise RunLost


async def is_kept(scope: Scope, run_id: UUID) -> bool:
    """Whether the log of a run is still there from its beginning on."""
    found = select(RunEvents.first).where(
        RunEvents.run_id == run_id, RunEvents.tenant_id == scope.tenant_id, RunEvents.first == 0
    )
    return await scope.session.scalar(found) is not None


async def read(scope: Scope, run_id: UUID, *, after: int = 0) -> list[RunEvent]:
    """The events from number `after` on, as far as they are written."""
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
    )
    found: list[RunEvent] = []
    for first, logged in rows:
        found += from_json(logged[max(0, after - first) :])
    return found
