"""Sessions on each pool of connections, in the two forms that rooms ask for."""

from dataclasses import dataclass
from typing import Self

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from pegboard.composition.database import statements_of
from pegboard.db.engine import sessions_of
from pegboard.db.pools import Pools
from pegboard.tenants.scope import Scopes, scopes_of


@dataclass(frozen=True, slots=True)
class PoolSessions:
    """Sessions on one pool. In `statements` each statement is a transaction of its own."""

    sessions: async_sessionmaker[AsyncSession]
    statements: async_sessionmaker[AsyncSession]

    @classmethod
    def on(cls, engine: AsyncEngine) -> Self:
        return cls(sessions_of(engine), statements_of(engine))

    @property
    def scopes(self) -> Scopes:
        """Scopes of tenants; each is a transaction."""
        return scopes_of(self.sessions)

    @property
    def statement_scopes(self) -> Scopes:
        """Scopes in which each statement is a transaction of its own."""
        return scopes_of(self.statements)


@dataclass(frozen=True, slots=True)
class Sessions:
    """Those of each pool, by what they are for: see `db.pools`."""

    requests: PoolSessions
    work: PoolSessions
    streams: PoolSessions
    keys: PoolSessions
    vital: PoolSessions

    @classmethod
    def on(cls, pools: Pools) -> Self:
        return cls(
            requests=PoolSessions.on(pools.requests),
            work=PoolSessions.on(pools.work),
            streams=PoolSessions.on(pools.streams),
            keys=PoolSessions.on(pools.keys),
            vital=PoolSessions.on(pools.vital),
        )
