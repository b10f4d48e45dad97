"""Requests with keys: begun once, waited for, answered again, forgotten in time.

Moments are the database's, so that servers whose clocks differ agree. Each statement is a
transaction of its own.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast
from uuid import UUID

import structlog
from sqlalchemy import CursorResult, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from pegboard.idempotency.attempts import Answer, Attempt, Made, columns_of
from pegboard.idempotency.errors import AnswerLost, KeyReused, StillRunning
from pegboard.idempotency.tables import IdempotentRequest
from pegboard.identifiers import new_id
from pegboard.slots import waiting

LEASE: Final = timedelta(seconds=10)
HEARTBEAT_SECONDS: Final = 2.5
FORGET_EVERY_SECONDS: Final = 300.0
_FORGOTTEN_AT_ONCE: Final = 1000
_FIRST_POLL, _LONGEST_POLL = 0.05, 0.5

log = structlog.get_logger("pegboard.idempotency")


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A request with a key. Only hashes of the key and of the request are kept."""

    tenant_id: UUID
    key_hash: bytes
    fingerprint: bytes


class Ledger:
    """What this process knows of requests with keys: all that any process wrote down.

    `sessions` commit each statement; so do `lease_sessions`, whose connections nobody
    else may use up. Answers are kept for `retention`; a request waits `patience`
    seconds for one that is under way.
    """

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        *,
        lease_sessions: async_sessionmaker[AsyncSession],
        retention: timedelta,
        patience: float,
    ) -> None:
        self._sessions = sessions
        self._lease_sessions = lease_sessions
        self._retention = retention
        self._patience = patience
        self._under_way: dict[tuple[UUID, bytes], Attempt] = {}

    async def begin(self, request: KeyedRequest) -> Attempt | Answer:
        """The right to carry the request out, or the answer of whoever had it.

        Raises KeyReused, StillRunning, AnswerLost.
        """
        deadline = asyncio.get_running_loop().time() + self._patience
        pause = _FIRST_POLL
        while True:
            attempt = await self._claim(request)
            if attempt is not None:
                return attempt
            answer = await self._known(request)
            if answer is not None:
                return answer
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                raise StillRunning
            await self._pause(request, min(pause, left), left)
            pause = min(pause * 1.5, _LONGEST_POLL)

    async def complete(self, attempt: Attempt, answer: Answer) -> None:
        """Write down the answer, unless that was part of the writing itself."""
        try:
            if not attempt.stored:
                await self._execute(_row(attempt, update).values(columns_of(answer)))
        finally:
            self.release(attempt)

    async def refuse(self, attempt: Attempt, answer: Answer) -> None:
        """Keep an answer that says no only if something was written before it was said."""
        if not await self._forget(attempt):
            await self.complete(attempt, answer)

    async def abort(self, attempt: Attempt) -> None:
        """The request ended without an answer that holds.

        It may be carried out again, unless it wrote something: then that is all that is known.
        """
        try:
            if not await self._forget(attempt):
                await self._execute(_row(attempt, update).values(lease_until=func.now()))
        except Exception as error:  # the lease runs out by itself
            log.warning("break_off_failed", error=type(error).__name__)
        finally:
            self.release(attempt)

    async def begin_anew(self, attempt: Attempt) -> None:
        """The request failed, which what it wrote shows: the next attempt is a new one."""
        try:
            await self._execute(_row(attempt, delete))
        finally:
            self.release(attempt)

    def release(self, attempt: Attempt) -> None:
        """It is over: its lease is not renewed, and who waits for it looks again."""
        place = (attempt.tenant_id, attempt.key_hash)
        if self._under_way.get(place) is attempt:
            del self._under_way[place]
        attempt.ended.set()

    async def recover(self, request: KeyedRequest, answer: Answer) -> None:
        """Keep what was found out about a request whose own answer was lost."""
        known = IdempotentRequest
        await self._execute(
            update(known)
            .where(
                known.tenant_id == request.tenant_id,
                known.key_hash == request.key_hash,
                known.status.is_(None),
            )
            .values(columns_of(answer))
        )

    async def keep_leases(self) -> None:
        """Show that this process lives, for as long as it does."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            ids = [attempt.id for attempt in self._under_way.values()]
            if not ids:
                continue
            try:
                async with self._lease_sessions() as session:
                    await session.execute(
                        update(IdempotentRequest)
                        .where(IdempotentRequest.id.in_(ids))
                        .values(lease_until=func.now() + LEASE)
                        .execution_options(synchronize_session=False)
                    )
            except Exception as error:  # the database may be away for a moment
                log.warning("heartbeat_failed", error=type(error).__name__)

    async def forget_forever(self) -> None:
        """Remove what is past its time. A few rows at once, so that nobody waits for long."""
        while True:
            try:
                while await self.forget_once() == _FORGOTTEN_AT_ONCE:
                    pass
            except Exception as error:  # the database may be away for a moment
                log.warning("forgetting_failed", error=type(error).__name__)
            await asyncio.sleep(FORGET_EVERY_SECONDS)

    async def forget_once(self) -> int:
        """How many rows were removed; read without a tenant, as it looks after all of them."""
        old = (
            select(IdempotentRequest.id)
            .where(self._is_over())
            .limit(_FORGOTTEN_AT_ONCE)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        return await self._execute(delete(IdempotentRequest).where(IdempotentRequest.id.in_(old)))

    async def _claim(self, request: KeyedRequest) -> Attempt | None:
        """A new row, or one that is over, or one whose process died before it wrote anything."""
        known = IdempotentRequest
        fresh: dict[str, Any] = {
            "id": new_id(),
            "created_at": func.now(),
            "fingerprint": request.fingerprint,
            "lease_until": func.now() + LEASE,
            "written_at": None,
            "made": [],
            "status": None,
            "headers": None,
            "body": None,
        }
        given_up = and_(
            known.fingerprint == request.fingerprint,
            known.written_at.is_(None),
            known.status.is_(None),
            known.lease_until < func.now(),
        )
        statement = (
            insert(known)
            .values(tenant_id=request.tenant_id, key_hash=request.key_hash, **fresh)
            .on_conflict_do_update(
                index_elements=[known.tenant_id, known.key_hash],
                set_=fresh,
                where=or_(self._is_over(), given_up),
            )
            .returning(known.id)
        )
        async with self._sessions() as session:
            taken: UUID | None = await session.scalar(statement)
        if taken is None:
            return None
        attempt = Attempt(taken, request.tenant_id, request.key_hash)
        self._under_way[request.tenant_id, request.key_hash] = attempt
        return attempt

    async def _known(self, request: KeyedRequest) -> Answer | None:
        """The answer, None while there is none. Raises KeyReused, AnswerLost."""
        async with self._sessions() as session:
            rows = await session.execute(
                select(
                    IdempotentRequest.fingerprint,
                    IdempotentRequest.status,
                    IdempotentRequest.headers,
                    IdempotentRequest.body,
                    IdempotentRequest.made,
                    IdempotentRequest.written_at.is_not(None).label("written"),
                    (IdempotentRequest.lease_until < func.now()).label("given_up"),
                ).where(
                    IdempotentRequest.tenant_id == request.tenant_id,
                    IdempotentRequest.key_hash == request.key_hash,
                )
            )
        row = rows.one_or_none()
        if row is None:
            return None
        if row.fingerprint != request.fingerprint:
            raise KeyReused
        if row.status is not None and row.body is not None:
            return Answer(row.status, tuple((name, value) for name, value in row.headers), row.body)
        if row.status is not None:
            raise AnswerLost(_made(row.made), too_large=True)
        if row.written and row.given_up:
            raise AnswerLost(_made(row.made), too_large=False)
        return None

    async def _pause(self, request: KeyedRequest, usual: float, most: float) -> None:
        """Wait for the end of an attempt of this process, or a moment for that of another."""
        here = self._under_way.get((request.tenant_id, request.key_hash))
        async with waiting():
            if here is None:
                await asyncio.sleep(usual)
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(most):
                    await here.ended.wait()

    async def _forget(self, attempt: Attempt) -> bool:
        """Remove the row of an attempt that wrote nothing; whether that was so."""
        nothing = IdempotentRequest.written_at.is_(None)
        gone = await self._execute(_row(attempt, delete).where(nothing))
        if gone:
            self.release(attempt)
        return bool(gone)

    def _is_over(self) -> Any:
        """Past its time, and not under way."""
        return and_(
            IdempotentRequest.created_at < func.now() - self._retention,
            IdempotentRequest.lease_until < func.now(),
        )

    async def _execute(self, statement: Any) -> int:
        async with self._sessions() as session:
            done = await session.execute(statement.execution_options(synchronize_session=False))
            return cast(CursorResult[Any], done).rowcount


def _row(attempt: Attempt, verb: Any) -> Any:
    return verb(IdempotentRequest).where(IdempotentRequest.id == attempt.id)


def _made(stored: list[list[str]]) -> list[Made]:
    return [(table, UUID(row_id)) for table, row_id in stored]
