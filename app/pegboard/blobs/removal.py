"""When blobs may be removed: not while somebody copies those of a moment that has passed.

A backup holds the lock alone, and each removal asks for a share of it. Whoever got its share before
the backup began removes what was deleted before; later removals wait.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

LOOK_AGAIN: Final = timedelta(seconds=10)
"""How long a removal that is held is put off."""

_KEY: Final = 7_238_104_552


async def hold_removals(connection: AsyncConnection) -> bool:
    """Hold them until the connection's transaction ends; False when somebody else does."""
    held = await connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _KEY})
    return bool(held)


async def removals_held(session: AsyncSession) -> bool:
    free = await session.scalar(
        text("SELECT pg_try_advisory_xact_lock_shared(:key)"), {"key": _KEY}
    )
    return not free
