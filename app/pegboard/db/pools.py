"""Connections by what they are for, so that no work takes those of a more urgent kind.

Requests wait for requests and runs for runs; nothing that keeps this process alive in the eyes of
others (leases, rescue, expiry) waits for either.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from pegboard.db.engine import engine_beside

VITAL: Final = 4
"""One each for heartbeats, for rescue and expiry, for the leases of keyed requests, for metrics."""

KEYS: Final = 2
"""For the look at keys, which comes before a request is admitted."""


@dataclass(frozen=True, slots=True)
class Pools:
    """`work` is for runs and jobs, `streams` for the logs of runs and those who follow them."""

    requests: AsyncEngine
    work: AsyncEngine
    streams: AsyncEngine
    keys: AsyncEngine
    vital: AsyncEngine

    @property
    def all(self) -> tuple[AsyncEngine, ...]:
        return (self.requests, self.work, self.streams, self.keys, self.vital)


@asynccontextmanager
async def pools_of(requests: AsyncEngine, *, size: int, streams: int) -> AsyncIterator[Pools]:
    """The pools beside that of `requests`.

    `size` is what PEGBOARD_DATABASE_POOL says, `streams` how many connections these need.
    """
    async with AsyncExitStack() as opened:

        def beside(pool_size: int, overflow: int) -> AsyncEngine:
            engine = engine_beside(requests, pool_size=pool_size, overflow=overflow)
            opened.push_async_callback(engine.dispose)
            return engine

        yield Pools(
            requests=requests,
            work=beside(size, 0),
            streams=beside(streams, 0),
            keys=beside(KEYS, 0),
            vital=beside(VITAL, 0),
        )


def connections_of(size: int, *, streams: int) -> int:
    """How many connections the pools of one process open at most."""
    return 3 * size + streams + KEYS + VITAL
