"""Whose request is this? Asked on every request, so the answer is remembered for a moment."""

from collections import OrderedDict
from time import monotonic
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.tenants import keys

FRESH_SECONDS: Final = 1.0
"""How long an answer is trusted, and so the longest that a revoked key goes on working."""

_REMEMBERED: Final = 10_000


class Recogniser:
    """Finds the tenant of a key. In open mode every key is its own tenant, made when first met."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], *, open_mode: bool) -> None:
        self._sessions = sessions
        self._open_mode = open_mode
        self._known: OrderedDict[str, tuple[UUID, float]] = OrderedDict()

    async def tenant_of(self, key: str) -> UUID | None:
        """The tenant, or None for a key that is not accepted."""
        key_hash = keys.hash_key(key)
        remembered = self._known.get(key_hash)
        if remembered is not None and remembered[1] > monotonic():
            return remembered[0]
        tenant_id = await self._look_up(key)
        if tenant_id is None:
            self._known.pop(key_hash, None)
            return None
        self._known[key_hash] = (tenant_id, monotonic() + FRESH_SECONDS)
        self._known.move_to_end(key_hash)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return tenant_id

    async def _look_up(self, key: str) -> UUID | None:
        async with self._sessions.begin() as session:
            tenant_id = await keys.recognise(session, key, minted_only=not self._open_mode)
            if tenant_id is None and self._open_mode:
                try:
                    kept = await keys.keep(session, key, name="open mode", minted=False)
                except keys.RevokedKey:
                    return None
                tenant_id = kept.tenant_id
        return tenant_id
