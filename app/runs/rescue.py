"""End the runs whose process is gone, so that their threads live on."""

import asyncio
from typing import Final

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import clock
from app.errors import Kind
from app.identifiers import new_id
from app.llm.gateway import NO_USAGE, ModelName
from app.messages.tables import MessageStatus
from app.metrics import RESCUED
from app.runs import queries
from app.runs.lease import RELEASED
from app.runs.recording import append_answer
from app.runs.snapshots import Failure, MessageSnapshot
from app.runs.statuses import ACTIVE, RunStatus
from app.runs.tables import Run
from app.tenants.scope import Scope
from app.threads.tables import Thread

EVERY_SECONDS: Final = 2.0
_LOST: Final = Failure(
    Kind.UNAVAILABLE, "server_lost", "The server that was answering went away before it was done"
)

log = structlog.get_logger("pegboard.rescue")


async def rescue_forever(sessions: async_sessionmaker[AsyncSession]) -> None:
    while True:
        try:
            rescued = await rescue_once(sessions)
            await expire_once(sessions)
            if rescued:
                log.warning("runs_rescued", count=rescued)
        except Exception:  # the database may be away for a moment
            log.exception("rescue_failed")
        await asyncio.sleep(EVERY_SECONDS)


async def rescue_once(sessions: async_sessionmaker[AsyncSession]) -> int:
    """End every run in progress whose lease ran out; returns how many.

    The rows are read without a tenant: this is the one task that looks after all of them. The
    thread of each is locked, and passed over where another process is already looking at it.
    """
    async with sessions.begin() as session:
        abandoned = (
            await session.scalars(
                select(Run)
                .join(Thread, Thread.id == Run.thread_id)
                .where(
                    Run.status.in_((RunStatus.IN_PROGRESS, RunStatus.CANCELLING)),
                    Run.lease_until < func.now(),
                )
                .with_for_update(of=Thread, key_share=True, skip_locked=True)
            )
        ).all()
        for run in abandoned:
            cancelled = run.status == RunStatus.CANCELLING
            run.status = RunStatus.CANCELLED if cancelled else RunStatus.FAILED
            run.error_code = None if cancelled else _LOST.code
            run.error_message = None if cancelled else _LOST.message
            run.ended_at = clock.now()
            for column, value in RELEASED.items():
                setattr(run, column, value)
            await append_answer(
                Scope(run.tenant_id, session),
                _last_answer(run, None if cancelled else _LOST),
                assistant_id=run.assistant_id,
            )
        RESCUED.inc(len(abandoned))
        return len(abandoned)


async def expire_once(sessions: async_sessionmaker[AsyncSession]) -> None:
    """End every run whose time is up, be it played or waiting for its caller."""
    async with sessions.begin() as session:
        late = await session.scalars(
            select(Run)
            .join(Thread, Thread.id == Run.thread_id)
            .where(Run.status.in_(ACTIVE), Run.expires_at < func.now())
            .with_for_update(of=Thread, key_share=True, skip_locked=True)
        )
        for run in late.all():
            scope = Scope(run.tenant_id, session)
            waiting = await queries.waiting_message(scope, thread_id=run.thread_id, run_id=run.id)
            if waiting is not None:
                waiting.status = MessageStatus.CANCELLED
            run.status = RunStatus.EXPIRED
            run.ended_at = clock.now()
            for column, value in RELEASED.items():
                setattr(run, column, value)


def _last_answer(run: Run, failure: Failure | None) -> MessageSnapshot:
    moment = clock.now()
    return MessageSnapshot(
        id=new_id(),
        run_id=run.id,
        thread_id=run.thread_id,
        status=MessageStatus.CANCELLED if failure is None else MessageStatus.FAILED,
        content=None,
        reasoning=None,
        tool_calls=(),
        model=ModelName(run.model_provider, run.model_name),
        usage=NO_USAGE,
        created_at=moment,
        ended_at=moment,
        failure=failure,
    )
