"""One attempt to carry out a request with a key, and how its transactions tell that it wrote.

The attempt is in a context variable, so that rooms need not know of it. Its row is changed in the
transaction that writes what was asked for, so it says that the request took place exactly when that
is so; where another process has taken the request over, nothing is written.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import event, func, inspect, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard.db.base import Owned
from pegboard.db.inserting import ON_INSERT
from pegboard.errors import AppError, ErrorKind
from pegboard.idempotency.tables import IdempotentRequest
from pegboard.tenants.scope import Scope, Scopes

LARGEST_KEPT: Final = 1024 * 1024
"""Bytes of an answer that are kept to be given again."""

Made: TypeAlias = tuple[str, UUID]
"""A row that a request added: its table and its id."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is None where it was too large to be kept."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes | None


@dataclass(slots=True, eq=False)
class Attempt:
    """`answer` is set where it is known before the transaction ends, and `stored` with that.

    `failed_visibly`: a run was begun and has failed, which its thread shows.
    """

    id: UUID
    tenant_id: UUID
    key_hash: bytes
    answer: Answer | None = None
    stored: bool = False
    made: tuple[Made, ...] = ()
    failed_visibly: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Superseded(AppError):
    """Another process took the request over while this one was silent; nothing is written."""

    kind = ErrorKind.UNAVAILABLE
    code = "superseded"

    def __init__(self) -> None:
        super().__init__("The request was taken over by another server; ask again")


_CURRENT: ContextVar[Attempt | None] = ContextVar("attempt", default=None)
# Row locks count as writing too, which only makes us careful.
_HAS_WRITTEN: Final = text("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")


@contextmanager
def current(attempt: Attempt) -> Iterator[None]:
    """What is done in the block is part of this attempt."""
    token = _CURRENT.set(attempt)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def is_under_way() -> bool:
    """Whether what is done just now is part of an attempt."""
    return _CURRENT.get() is not None


def note_answer(answer: Answer) -> None:
    """The answer of this request, while its transaction is still open."""
    attempt = _CURRENT.get()
    if attempt is not None:
        attempt.answer = answer


def note_failed_run() -> None:
    """What was written tells by itself that this attempt failed: a second one begins anew."""
    attempt = _CURRENT.get()
    if attempt is not None:
        attempt.failed_visibly = True


def recording_attempts(scopes: Scopes) -> Scopes:
    """The same scopes, which for a request with a key also write that it took place."""

    def scope(tenant_id: UUID) -> AbstractAsyncContextManager[Scope]:
        attempt = _CURRENT.get()
        return scopes(tenant_id) if attempt is None else _recording(scopes, attempt, tenant_id)

    return scope


@asynccontextmanager
async def _recording(scopes: Scopes, attempt: Attempt, tenant_id: UUID) -> AsyncIterator[Scope]:
    async with scopes(tenant_id) as scope:
        made: list[Made] = []

        def note(row: object) -> None:
            if isinstance(row, Owned):
                made.append((inspect(type(row)).local_table.name, row.id))

        session = scope.session
        event.listen(session.sync_session, "pending_to_persistent", lambda _, row: note(row))
        session.info[ON_INSERT] = note
        yield scope
        await _note_writing(scope.session, attempt, made)


async def _note_writing(session: AsyncSession, attempt: Attempt, made: Sequence[Made]) -> None:
    """Write that the request took place, if this transaction wrote anything at all."""
    await session.flush()
    if not await session.scalar(_HAS_WRITTEN):
        return
    attempt.made = (*attempt.made, *sorted(made, key=lambda one: one[1]))  # as they were made
    answer = attempt.answer
    held = await session.scalar(
        update(IdempotentRequest)
        .where(IdempotentRequest.id == attempt.id)
        .values(
            written_at=func.now(),
            made=[[table, str(row_id)] for table, row_id in attempt.made],
            **({} if answer is None else columns_of(answer)),
        )
        .returning(IdempotentRequest.id)
        .execution_options(synchronize_session=False)
    )
    if held is None:
        raise Superseded
    attempt.stored = answer is not None


def columns_of(answer: Answer) -> dict[str, Any]:
    fits = answer.body is not None and len(answer.body) <= LARGEST_KEPT
    return {
        "status": answer.status,
        "headers": [list(pair) for pair in answer.headers],
        "body": answer.body if fits else None,
    }
