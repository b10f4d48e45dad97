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
        self._imported: set[UUID] = set()

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

    def has_imported(self, tenant_id: UUID) -> bool:
        """Whether a tenant had objects of another server when it was last looked up."""
        return tenant_id in self._imported

    async def _look_up(self, key: str) -> UUID | None:
        async with self._sessions.begin() as session:
            owner = await keys.recognise(session, key, minted_only=not self._open_mode)
            if owner is not None:
                if owner.imported:
                    self._imported.add(owner.tenant_id)
                return owner.tenant_id
            if not self._open_mode:
                return None
            try:
                kept = await keys.keep(session, key, name="open mode", minted=False)
            except keys.RevokedKey:
                return None
            return kept.tenant_id
