"""Requests per minute, shared by all servers on one database.

A bucket that holds a minute's requests and fills evenly, kept as one moment (the generic cell rate
algorithm): each request moves it on by its share of a minute, and it may be a minute ahead at most.
So a quiet minute may be followed by a burst of the whole limit, and in the long run it is exact.
"""

from datetime import timedelta
from time import monotonic
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from pegboard.tenants.callers import Caller
from pegboard.tenants.limits import LimitReached

_MINUTE: Final = timedelta(minutes=1)
_REMEMBERED: Final = 10_000

_SPEND: Final = text("""
    INSERT INTO request_allowances AS held (key_id, spent_until)
    VALUES (:key_id, clock_timestamp() + CAST(:share AS interval))
    ON CONFLICT (key_id) DO UPDATE
    SET spent_until = greatest(held.spent_until, clock_timestamp()) + CAST(:share AS interval)
    WHERE held.spent_until <= clock_timestamp() + CAST(:ahead AS interval)
    RETURNING key_id
""")
_LEFT: Final = text("""
    SELECT extract(epoch FROM spent_until - clock_timestamp() - CAST(:ahead AS interval))::float
    FROM request_allowances
    WHERE key_id = :key_id
""")


class RateLimiter:
    """Costs a statement a request for keys that have a limit, and nothing for others.

    `sessions` commit by themselves (AUTOCOMMIT): one round trip.
    """

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions
        self._refused: dict[UUID, float] = {}

    async def spend(self, caller: Caller) -> None:
        """Count a request. Raises LimitReached for one too many, which is not counted."""
        limit = caller.limits.requests_per_minute
        if limit is None:
            return
        # A refusal holds until its moment for every server, so that those who hammer at the API
        # need not be told by the database each time.
        left = self._refused.get(caller.key_id, 0.0) - monotonic()
        if left <= 0:
            left = await self._ask(caller.key_id, limit)
        if left > 0:
            raise LimitReached(
                f"Rate limit reached for this key: {limit} requests per minute. Try again in "
                f"{left:.1f} s",
                retry_after=left,
            )

    async def _ask(self, key_id: UUID, limit: int) -> float:
        """Seconds to wait; 0 where the request is within the limit, and counted."""
        share = _MINUTE // limit
        parameters = {"key_id": key_id, "ahead": _MINUTE - share}
        async with self._sessions() as session:
            spent = await session.execute(_SPEND, {**parameters, "share": share})
            if spent.first() is not None:
                self._refused.pop(key_id, None)
                return 0.0
            left: float = await session.scalar(_LEFT, parameters) or 0.0
        left = max(left, 0.001)
        if len(self._refused) >= _REMEMBERED:
            self._refused.clear()
        self._refused[key_id] = monotonic() + left
        return left
