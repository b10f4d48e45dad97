"""Read messages."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, func, select

from app.messages.tables import Message, Role
from app.tenants.scope import Scope

SHOWN: Final = 200
"""Characters of a message that a list of threads shows."""

_LAST: Final = 2**63 - 1
# Built once: putting such a statement together costs as much as running it.
_PAGE: Final = (
    select(
        Message.seq,
        Message.id,
        Message.role,
        Message.status,
        Message.content,
        Message.tool_calls,
        Message.tool_call_id,
        Message.tokens,
    )
    .where(
        Message.tenant_id == bindparam("tenant"),
        Message.thread_id == bindparam("thread"),
        Message.seq < bindparam("before"),
    )
    .order_by(Message.seq.desc())
    .limit(bindparam("most"))
)


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
    return {row[0]: row[1] for row in await scope.session.execute(counted)}


async def first_of_users(scope: Scope, thread_ids: Sequence[UUID]) -> dict[UUID, str]:
    """How the user's first message of each thread begins; threads without one are left out."""
    found = await scope.session.execute(
        scope.select_columns(Message, Message.thread_id, func.left(Message.content, SHOWN))
        .where(
            Message.thread_id.in_(thread_ids),
            Message.role == Role.USER,
            Message.content.is_not(None),
        )
        .distinct(Message.thread_id)
        .order_by(Message.thread_id, Message.seq)
    )
    return {row[0]: row[1] for row in found}


async def newest_first(
    scope: Scope, thread_id: UUID, *, before: int | None, limit: int
) -> Sequence[tuple[Any, ...]]:
    """(seq, id, role, status, content, tool_calls, tool_call_id, tokens) of the newest messages.

    `before` is the seq that the page ends at. Columns, not rows: a long thread is read every turn.
    """
    page = await scope.session.execute(
        _PAGE,
        {
            "tenant": scope.tenant_id,
            "thread": thread_id,
            "before": _LAST if before is None else before,
            "most": limit,
        },
    )
    return page.all()
