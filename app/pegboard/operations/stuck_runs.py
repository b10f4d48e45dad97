"""Runs that do not come to an end by themselves, for whoever operates the server."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# Leases and ages by the database's clock, as everywhere. A lease that has only just run out is
# about to be noticed by a server, which looks every two seconds.
_STUCK: Final = text("""
    SELECT id, tenant_id, thread_id, status, lease_owner, lease_until,
        extract(epoch FROM now() - created_at)::float AS age,
        lease_until < now() - interval '10 seconds' AS abandoned
    FROM runs
    WHERE status IN ('queued', 'in_progress', 'requires_action', 'cancelling')
        AND (lease_until < now() - interval '10 seconds'
             OR created_at < now() - CAST(:older_than AS interval))
    ORDER BY id
""")


@dataclass(frozen=True, slots=True)
class StuckRun:
    """`age` in seconds. `abandoned`: its lease ran out, and no server has taken note."""

    id: UUID
    tenant_id: UUID
    thread_id: UUID
    status: str
    lease_owner: UUID | None
    lease_until: datetime | None
    age: float
    abandoned: bool


async def stuck_runs(session: AsyncSession, *, older_than: timedelta) -> Sequence[StuckRun]:
    """Runs of all tenants that are not over, and whose lease ran out or that are so old."""
    result = await session.execute(_STUCK, {"older_than": older_than})
    return [
        StuckRun(**{**row, "abandoned": bool(row["abandoned"])}) for row in result.mappings().all()
    ]
