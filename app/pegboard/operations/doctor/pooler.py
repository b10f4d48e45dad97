"""What is between the server and Postgres, where something is."""

from collections.abc import AsyncIterator

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from pegboard.composition.database import pooled_route
from pegboard.db.engine import Route, explained, routes_of
from pegboard.db.pooling import Pooling
from pegboard.operations.doctor.finding import Finding, ok, warn
from pegboard.settings import Settings


async def examine_pooler(settings: Settings, direct: AsyncEngine) -> AsyncIterator[Finding]:
    """Nothing where nothing is between. Raises DatabaseUnreachable."""
    route = routes_of(direct).requests
    if settings.database_direct_url is not None:
        route = await pooled_route(settings)
        if route.pooling is Pooling.NONE:
            yield ok("pooler", "PEGBOARD_DATABASE_URL leads to Postgres itself as well")
    if route.pooling is not Pooling.NONE:
        yield await _compiling(route, f"requests go through one that pools by {route.pooling}")


async def _compiling(route: Route, detail: str) -> Finding:
    """Poolers pass no `jit=off` on, and compiling costs more than our queries take."""
    async with explained(route.address):
        connection = await asyncpg.connect(**route.arguments())
        try:
            async with connection.transaction():
                jit = await connection.fetchval("SELECT current_setting('jit')")
                role = await connection.fetchval("SELECT quote_ident(current_user)")
        finally:
            connection.terminate()
    if jit == "on":
        return warn(
            "pooler", f"{detail}; queries are faster after: ALTER ROLE {role} SET jit = off"
        )
    return ok("pooler", detail)
