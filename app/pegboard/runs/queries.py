"""Read runs."""

from uuid import UUID

from pegboard.db.pages import Page, Rows, rows_of
from pegboard.messages.tables import Message, MessageStatus, Role
from pegboard.runs.tables import Run
from pegboard.tenants.scope import Scope


async def get(scope: Scope, *, thread_id: UUID, run_id: UUID) -> Run | None:
    """The run of that thread, or None."""
    return await scope.session.scalar(
        scope.select(Run).where(Run.id == run_id, Run.thread_id == thread_id)
    )


async def waiting_message(scope: Scope, *, thread_id: UUID, run_id: UUID) -> Message | None:
    """The assistant's message whose calls a paused run waits for."""
    return await scope.session.scalar(
        scope.select(Message)
        .where(
            Message.thread_id == thread_id,
            Message.run_id == run_id,
            Message.role == Role.ASSISTANT,
            Message.status == MessageStatus.REQUIRES_ACTION,
        )
        .order_by(Message.seq.desc())
        .limit(1)
    )


async def page(scope: Scope, thread_id: UUID, page: Page) -> Rows[Run]:
    runs = scope.select(Run).where(Run.thread_id == thread_id)
    return await rows_of(scope.session, runs, page, key=Run.id)


async def has_user_message(scope: Scope, thread_id: UUID) -> bool:
    user_messages = scope.select_columns(Message, Message.id).where(
        Message.thread_id == thread_id, Message.role == Role.USER
    )
    return await scope.session.scalar(user_messages.limit(1)) is not None
