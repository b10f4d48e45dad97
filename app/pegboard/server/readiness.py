"""Whether this process should be given work, found out within a moment."""

import asyncio
from typing import Final

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from pegboard.composition.heartbeats import Heartbeats
from pegboard.composition.warming import Warming
from pegboard.db.engine import routes_of
from pegboard.db.migration import known_revisions, newest_revision
from pegboard.server.shutdown import GracefulShutdown
from pegboard.telemetry.loop_lag import LoopLag

PATIENCE_SECONDS: Final = 1.0
"""How long the database may take to answer."""

_REVISION: Final = "SELECT version_num FROM alembic_version"


class Readiness:
    """Asks on a connection of its own, made anew each time: a pool that is busy is no reason to be
    given less work, and a Postgres that takes no more connections is one."""

    def __init__(
        self,
        engine: AsyncEngine,
        heartbeats: Heartbeats,
        stopping: GracefulShutdown,
        *,
        loop_lag: LoopLag,
        warming: Warming,
    ) -> None:
        self._loop_lag = loop_lag
        self._engine = engine
        self._heartbeats = heartbeats
        self._warming = warming
        self._stopping = stopping
        self._asking: asyncio.Task[str | None] | None = None

    async def reasons(self) -> dict[str, str]:
        """What speaks against it, by where that is; empty when it is ready."""
        if self._stopping.begun:
            return {"server": "stopping"}
        reasons: dict[str, str] = {}
        trouble = await self._database_trouble()
        if trouble is not None:
            reasons["database"] = trouble
        trouble = self._heartbeats.trouble()
        if trouble is not None:
            reasons["background"] = trouble
        trouble = self._loop_lag.trouble()
        if trouble is not None:
            reasons["event_loop"] = trouble
        trouble = self._warming.trouble()
        if trouble is not None:
            reasons["warming_up"] = trouble
        return reasons

    async def _database_trouble(self) -> str | None:
        # However many ask, the database is asked once at a time; and whoever asks is answered in
        # time, even where a connection takes long to be given up.
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        done, _ = await asyncio.wait({self._asking}, timeout=PATIENCE_SECONDS)
        if not done:
            self._asking.cancel()
            return f"no answer within {PATIENCE_SECONDS} s"
        return self._asking.result()

    async def _ask(self) -> str | None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                arguments = routes_of(self._engine).requests.arguments()
                connection = await asyncpg.connect(**arguments)
                try:
                    async with connection.transaction():  # a pooler serves no less as a whole
                        revision = await connection.fetchval(_REVISION)
                finally:
                    connection.terminate()
        except asyncpg.UndefinedTableError:
            return "not migrated"
        except Exception as error:  # whatever the driver raises, the answer is the same
            return f"cannot be reached ({type(error).__name__})"
        if revision == newest_revision():
            return None
        age = "older" if revision in known_revisions() else "newer"
        return f"its schema is {age} than this program's"
