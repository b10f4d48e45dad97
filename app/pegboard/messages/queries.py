"""Read messages."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, bindparam, func, or_, select

from pegboard.db.pages import Page, Rows, rows_of
from pegboard.errors import NotFound
from pegboard.messages.tables import Message, MessageStatus, Role
from pegboard.tenants.scope import Scope

SHOWN: Final = 200
"""Characters of a message that a list of threads shows."""

AT_ONCE: Final = 100
"""Messages that are read at once of threads that are read as a whole."""

_IS_SHOWN: Final = or_(
    func.coalesce(Message.content, "") != "",
    Message.parts.is_not(None),
    and_(Message.tool_calls.is_(None), Message.status == MessageStatus.COMPLETED),
)
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
        Message.parts,
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


async def of_threads(
    scope: Scope, thread_ids: Sequence[UUID]
) -> AsyncGenerator[Sequence[Message], None]:
    """All messages of some threads, page by page, each thread's in order."""
    query = scope.select(Message).where(Message.thread_id.in_(thread_ids)).order_by(Message.seq)
    after = 0
    while True:
        page = (await scope.session.scalars(query.where(Message.seq > after).limit(AT_ONCE))).all()
        yield page
        if len(page) < AT_ONCE:
            return
        after = page[-1].seq


async def count_by_thread(scope: Scope, thread_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many messages each of some threads has; threads without any are left out."""
    counted = (
        scope.select_columns(Message, Message.thread_id, func.count())
        .where(Message.thread_id.in_(thread_ids))
        .group_by(Message.thread_id)
    )
    return {row[0]: row[1] for row in await scope.session.execute(counted)}


async def page(
    scope: Scope, thread_id: UUID, requested: Page, *, run_id: UUID | None = None
) -> Rows[Message]:
    """Messages with something to show: neither calls nor their outputs."""
    query = scope.select(Message).where(
        Message.thread_id == thread_id,
        Message.role.in_((Role.USER, Role.ASSISTANT)),
        _IS_SHOWN,
    )
    if run_id is not None:
        query = query.where(Message.run_id == run_id)
    return await rows_of(scope.session, query, requested, key=Message.id)


async def get(scope: Scope, thread_id: UUID, message_id: UUID) -> Message:
    """A message with something to show, by its id. Raises NotFound."""
    message = await scope.session.scalar(
        scope.select(Message).where(
            Message.id == message_id,
            Message.thread_id == thread_id,
            Message.role != Role.TOOL,
            _IS_SHOWN,
        )
    )
    if message is None:
        raise NotFound("Message", message_id)
    return message


async def of_run(scope: Scope, thread_id: UUID, run_id: UUID) -> Sequence[Message]:
    """What a run has written, and the outputs that it was given, in order."""
    query = scope.select(Message).where(Message.thread_id == thread_id, Message.run_id == run_id)
    return (await scope.session.scalars(query.order_by(Message.seq))).all()


async def answers_of_run(scope: Scope, thread_id: UUID, run_id: UUID) -> Sequence[Message]:
    """What a run has written, in order."""
    answers = scope.select(Message).where(
        Message.thread_id == thread_id, Message.run_id == run_id, Message.role == Role.ASSISTANT
    )
    return (await scope.session.scalars(answers.order_by(Message.seq))).all()


async def question_before(scope: Scope, thread_id: UUID, moment_id: UUID) -> Message | None:
    """The user's last message on a thread before an id was made."""
    query = (
        scope.select(Message)
        .where(Message.thread_id == thread_id, Message.role == Role.USER, Message.id < moment_id)
        .order_by(Message.seq.desc())
        .limit(1)
    )
    message: Message | None = await scope.session.scalar(query)
    return message


async def first_of_users(scope: Scope, thread_ids: Sequence[UUID]) -> dict[UUID, str]:
    """How the user's first message of each thread begins; threads without one are left out."""
    rows = await scope.session.execute(
        scope.select_columns(Message, Message.thread_id, func.left(Message.content, SHOWN))
        .where(
            Message.thread_id.in_(thread_ids),
            Message.role == Role.USER,
            Message.content.is_not(None),
        )
        .distinct(Message.thread_id)
        .order_by(Message.thread_id, Message.seq)
    )
    return {row[0]: row[1] for row in rows}


async def newest_first(
    scope: Scope, thread_id: UUID, *, before: int | None, limit: int
) -> Sequence[tuple[Any, ...]]:
    """(seq, id, role, status, content, tool_calls, tool_call_id, parts, tokens), newest first.

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
