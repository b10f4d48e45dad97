"""Who is let in: keys looked up, their uses noted, their requests and streams counted."""

from dataclasses import dataclass
from typing import Self

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from pegboard.composition.sessions import PoolSessions
from pegboard.settings import Auth, Settings
from pegboard.tenants import keys
from pegboard.tenants.authentication import Authenticator
from pegboard.tenants.callers import Caller
from pegboard.tenants.last_uses import LastUses
from pegboard.tenants.open_streams import OpenStreams
from pegboard.tenants.rate_limits import RateLimiter


@dataclass(frozen=True, slots=True)
class Access:
    auth: Auth
    authenticator: Authenticator
    last_uses: LastUses
    rate_limiter: RateLimiter
    open_streams: OpenStreams

    @classmethod
    def of(cls, settings: Settings, on_keys: PoolSessions, *, auth: Auth) -> Self:
        """`on_keys` are sessions that nothing but the look at keys may use up."""
        return cls(
            auth,
            Authenticator(on_keys.sessions, on_keys.statements, open_mode=auth is Auth.OPEN),
            LastUses(on_keys.sessions),
            RateLimiter(on_keys.statements),
            OpenStreams(per_tenant=settings.max_streams_per_tenant, in_all=settings.max_streams),
        )

    async def recognise(self, key: str) -> Caller | None:
        """Whose key it is; None for one that is not known."""
        caller = await self.authenticator.caller_of(key)
        if caller is not None and self.auth is Auth.KEYS:
            self.last_uses.note(caller.key_id)
        return caller

    async def close(self) -> None:
        await self.authenticator.close()
        await self.last_uses.close()


async def keep_bootstrap_key(
    settings: Settings, sessions: async_sessionmaker[AsyncSession]
) -> None:
    """Make the key that the settings name, unless it is there."""
    if settings.bootstrap_key is not None:
        async with sessions.begin() as session:
            key = settings.bootstrap_key.get_secret_value()
            await keys.keep(session, key, name="bootstrap")
