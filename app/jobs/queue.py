"""Ask for work in the transaction that is its reason: a job exists exactly when that does."""

import json
from datetime import timedelta
from typing import Any

from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries
from sqlalchemy.ext.asyncio import AsyncSession


async def enqueue(
    session: AsyncSession, job: str, *, after: timedelta | None = None, **payload: Any
) -> None:
    """Queue a job for the time when this transaction commits, or later by `after`."""
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    queries = Queries(AsyncpgDriver(raw.driver_connection))
    await queries.enqueue(job, json.dumps(payload).encode(), execute_after=after)
