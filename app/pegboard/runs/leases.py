"""The right to execute a run: held by one process, for as long as it shows that it lives.

Moments are the database's, so that servers whose clocks differ agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard.db.signals import send
from pegboard.runs.statuses import RunStatus
from pegboard.runs.tables import Run
from pegboard.tenants.scope import Scope

LEASE: Final = timedelta(seconds=8)
HEARTBEAT: Final = timedelta(seconds=2)
IN_EXECUTION: Final = (RunStatus.IN_PROGRESS, RunStatus.CANCELLING)
_UNTIL: Final = func.now() + LEASE
FREED: Final = "run_freed"
"""The signal that a run waits for somebody to take it up."""

RELEASED: Final[dict[str, Any]] = {"lease_owner": None, "lease_until": None}


@dataclass(frozen=True, slots=True)
class Lease:
    """Who executes a run; `attempts` is the fencing token, without which nothing is written.

    Each process that takes the run up counts it up, so that an earlier holder's is refused.
    """

    owner_id: UUID
    attempts: int


@dataclass(frozen=True, slots=True)
class LeaseHolder:
    """The process that executes runs; a new id each time it starts."""

    process_id: UUID

    def held(self) -> dict[str, Any]:
        """The columns of a run that this process takes or renews."""
        return {"lease_owner": self.process_id, "lease_until": _UNTIL}

    def lease_of(self, run: Run) -> Lease:
        return Lease(self.process_id, run.attempts)


async def renew(
    session: AsyncSession, lease_holder: LeaseHolder, run_ids: Sequence[UUID]
) -> Mapping[UUID, str]:
    """Keep the leases of runs, and return the statuses of those that are still held.

    Of all tenants in one statement: what keeps runs alive must not grow with the number of tenants.
    A row that somebody is writing just now is not waited for, lest one stuck writer cost all others
    their leases; its status is as it stood before, and its lease is renewed the next time.
    """
    held = (
        Run.id.in_(run_ids),
        Run.lease_owner == lease_holder.process_id,
        Run.status.in_(IN_EXECUTION),
    )
    free = select(Run.id).where(*held).with_for_update(skip_locked=True)
    await session.execute(
        update(Run)
        .where(Run.id.in_(free))
        .values(lease_until=_UNTIL)
        .execution_options(synchronize_session=False)
    )
    return dict((await session.execute(select(Run.id, Run.status).where(*held))).tuples().all())


async def release(scope: Scope, run_id: UUID, lease: Lease) -> None:
    """End a lease before its time, so that another process takes the run up at once."""
    await scope.session.execute(
        update(Run)
        .where(
            Run.id == run_id,
            Run.tenant_id == scope.tenant_id,
            Run.lease_owner == lease.owner_id,
            Run.attempts == lease.attempts,
            Run.status.in_(IN_EXECUTION),
        )
        .values(lease_until=func.now())
        .execution_options(synchronize_session=False)
    )
    await send(scope.session, FREED, run_id)
