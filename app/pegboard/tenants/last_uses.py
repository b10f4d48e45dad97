"""When each key was last used, right to the minute and off the way of requests."""

import asyncio
from time import monotonic
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import or_, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from pegboard import clock
from pegboard.tenants.tables import ApiKey

EVERY_SECONDS: Final = 60.0
_REMEMBERED: Final = 100_000

log = structlog.get_logger("pegboard.keys")


class LastUses:
    """Writes a key's last use at most once a minute from this process."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions
        self._written: dict[UUID, float] = {}
        self._writing: set[asyncio.Task[None]] = set()

    def note(self, key_id: UUID) -> None:
        """A key is being used. Returns at once."""
        moment = monotonic()
        if moment - self._written.get(key_id, -EVERY_SECONDS) < EVERY_SECONDS:
            return
        if len(self._written) >= _REMEMBERED:
            self._written.clear()
        self._written[key_id] = moment
        task = asyncio.create_task(self._write(key_id), name="last use")
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, key_id: UUID) -> None:
        moment = clock.now()
        try:
            async with self._sessions.begin() as session:
                await session.execute(
                    update(ApiKey)
                    .where(
                        ApiKey.id == key_id,
                        or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < moment),
                    )
                    .values(last_used_at=moment)
                )
        except Exception:  # the key is good without; the next minute writes it again
            log.exception("last_use_not_written", key_id=str(key_id))

    async def close(self) -> None:
        """Wait for what is being written."""
        await asyncio.gather(*self._writing)
