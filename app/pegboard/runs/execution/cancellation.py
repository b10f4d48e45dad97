"""End a run because its caller says so."""

from typing import Final
from uuid import UUID

from sqlalchemy import update

from pegboard import clock
from pegboard.db.signals import send
from pegboard.messages.tables import MessageStatus
from pegboard.runs import queries
from pegboard.runs.leases import RELEASED
from pegboard.runs.statuses import RunStatus, sources
from pegboard.runs.tables import Run
from pegboard.tenants.scope import Scope

CANCELLED: Final = "run_cancelled"
"""The signal that a run is to end, wherever it is executed."""


async def request(scope: Scope, run_id: UUID) -> None:
    """Note that a run in execution is to end; the process that executes it will end it."""
    await scope.session.execute(
        update(Run)
        .where(
            Run.id == run_id,
            Run.tenant_id == scope.tenant_id,
            Run.status.in_(sources(RunStatus.CANCELLING)),
        )
        .values(status=RunStatus.CANCELLING)
        .execution_options(synchronize_session=False)
    )
    await send(scope.session, CANCELLED, run_id)


async def cancel_paused(scope: Scope, *, thread_id: UUID, run_id: UUID) -> bool:
    """Cancel a run that waits for outputs; False where somebody was quicker.

    Its unanswered calls stay as they are: `history` shows them to the model as cancelled.
    """
    cancelled = await scope.session.execute(
        update(Run)
        .where(
            Run.id == run_id,
            Run.tenant_id == scope.tenant_id,
            Run.status.in_(sources(RunStatus.CANCELLED, among=(RunStatus.REQUIRES_ACTION,))),
        )
        .values(status=RunStatus.CANCELLED, ended_at=clock.now(), **RELEASED)
        .returning(Run.id)
        .execution_options(synchronize_session=False)
    )
    if cancelled.first() is None:
        return False
    message = await queries.waiting_message(scope, thread_id=thread_id, run_id=run_id)
    if message is not None:
        message.status = MessageStatus.CANCELLED
    return True
