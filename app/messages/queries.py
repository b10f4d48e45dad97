"""Read messages."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func

from app.messages.tables import Message
from app.tenants.scope import Scope


async def of_threads(scope: Scope, thread_ids: Sequence[UUID]) -> Sequence[Message]:
    """All messages of some threads, each thread's in order."""
    found = scope.select(Message).where(Message.thread_id.in_(thread_ids)).order_by(Message.seq)
    return (await scope.session.scalars(found)).all()


async def count_by_thread(scope: Scope, thread_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many messages each of some threads has; threads without any are left out."""
    counted = (
        scope.select_columns(Message, Message.thread_id, func.count())
        .where(Message.thread_id.in_(thread_ids))
        .group_by(Message.thread_id)
    )
    return dict(row.tuple() for row in await scope.session.execute(counted))


async def newest_first(
    scope: Scope, thread_id: UUID, *, before: int | None, limit: int
) -> Sequence[tuple[int, str, str, str | None, list[dict[str, object]] | None, str | None, int]]:
    """(seq, role, status, content, tool_calls, tool_call_id, tokens) of a thread's newest messages.

    `before` is the seq that the page ends at. Columns, not rows: a long thread is read every turn.
    """
    page = (
        scope.select_columns(
            Message,
            Message.seq,
            Message.role,
            Message.status,
            Message.content,
            Message.tool_calls,
            Message.tool_call_id,
            Message.tokens,
        )
        .where(Message.thread_id == thread_id)
        .order_by(Message.seq.desc())
        .limit(limit)
    )
    if before is not None:
        page = page.where(Message.seq < before)
    return [row.tuple() for row in await scope.session.execute(page)]
