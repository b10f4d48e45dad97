"""Ask for work in the transaction that is its reason: a job exists exactly when that does."""

import json
from datetime import timedelta
from typing import Any, Final

from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard.telemetry import tracing

TRACEPARENT: Final = "traceparent"
"""The header of a job that names the span it was asked for in."""

TENANT: Final = "tenant"
"""The header of a job that names the tenant in whose lane it waits."""


async def enqueue(
    session: AsyncSession, job: str, *, after: timedelta | None = None, **payload: Any
) -> None:
    """Queue a job for the time when this transaction commits, or later by `after`.

    It waits in the lane of the tenant that the payload names as `tenant_id`.
    """
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    queries = Queries(AsyncpgDriver(raw.driver_connection))
    parent = tracing.traceparent()
    headers = {} if parent is None else {TRACEPARENT: parent}
    if "tenant_id" in payload:
        headers[TENANT] = payload["tenant_id"]
    await queries.enqueue(job, json.dumps(payload).encode(), execute_after=after, headers=headers)
