"""Who asks? Wanted for every request, so the answer is remembered for a moment.

A key that is in use is looked up again before its answer is old, beside the requests: they do not
wait for it. What is old is never trusted, be the database away or not: whoever revokes a key can
rely on it.
"""

import asyncio
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from pegboard import clock
from pegboard.tenants import keys
from pegboard.tenants.callers import Caller

FRESH_SECONDS: Final = 0.9
"""How long an answer is trusted, counted from its question, and so the longest that a revoked key
goes on being accepted."""

AHEAD_SECONDS: Final = 0.6
"""The age at which the answer for a key in use is asked for anew."""

PATIENCE_SECONDS: Final = 5.0
"""How long the database may take before it counts as away."""

_REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Answer:
    caller: Caller
    asked_at: float

    def age(self) -> float:
        return monotonic() - self.asked_at


class Authenticator:
    """Finds the caller of a key. In open mode every key is its own tenant, made when first met.

    `read_sessions` commit by themselves (AUTOCOMMIT): one round trip.
    """

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        read_sessions: async_sessionmaker[AsyncSession],
        *,
        open_mode: bool,
    ) -> None:
        self._sessions = sessions
        self._read_sessions = read_sessions
        self._open_mode = open_mode
        self._known: OrderedDict[str, _Answer] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Caller | None]] = {}
        self._imported: set[UUID] = set()

    async def caller_of(self, key: str) -> Caller | None:
        """The caller, or None for a key that is not accepted.

        Raises what says that the database is away.
        """
        key_hash = keys.hash_key(key)
        known = self._known.get(key_hash)
        if known is None or known.age() > FRESH_SECONDS:
            # Shielded: others wait for the same answer, and one of them may hang up.
            caller = await asyncio.shield(self._ask(key_hash))
        else:
            caller = known.caller
            if known.age() > AHEAD_SECONDS:
                self._ask(key_hash)
        if caller is None or caller.is_expired(clock.now()):
            return None
        return caller

    def has_met(self, key: str) -> bool:
        """Whether a key was accepted lately. It may have ended since: no leave to do anything."""
        return keys.hash_key(key) in self._known

    async def close(self) -> None:
        for task in self._asking.values():
            task.cancel()
        await asyncio.gather(*self._asking.values(), return_exceptions=True)

    def _ask(self, key_hash: str) -> "asyncio.Task[Caller | None]":
        """One question at a time for each key, however many requests want its answer."""
        task = self._asking.get(key_hash)
        if task is None:
            task = asyncio.create_task(self._refresh(key_hash), name="recognition")
            self._asking[key_hash] = task
            task.add_done_callback(lambda done: self._forget(key_hash, done))
        return task

    def _forget(self, key_hash: str, done: "asyncio.Task[Caller | None]") -> None:
        del self._asking[key_hash]
        if not done.cancelled():
            done.exception()  # whoever waited was told; where nobody did, the next asks again

    async def _refresh(self, key_hash: str) -> Caller | None:
        asked_at = monotonic()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                caller = await self._look_up(key_hash)
        except TimeoutError:
            raise ConnectionError("The database does not answer") from None
        if caller is None:
            self._known.pop(key_hash, None)
            return None
        self._known[key_hash] = _Answer(caller, asked_at)
        self._known.move_to_end(key_hash)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return caller

    def has_imported(self, tenant_id: UUID) -> bool:
        """Whether a tenant had objects of another server when it was last looked up."""
        return tenant_id in self._imported

    async def _look_up(self, key_hash: str) -> Caller | None:
        async with self._read_sessions() as session:
            known = await keys.find(session, key_hash)
        stored = None if known is None else known.key
        if known is not None and known.imported:
            self._imported.add(known.key.tenant_id)
        if stored is None and self._open_mode:
            with suppress(keys.KeyEnded):
                async with self._sessions.begin() as session:
                    stored = await keys.keep_met(session, key_hash)
        if stored is None or keys.state_of(stored) is not keys.KeyState.ACTIVE:
            return None
        if self._open_mode:
            return Caller(stored.tenant_id, stored.id, expires_at=stored.expires_at)
        return keys.caller_by(stored) if stored.minted else None
