"""Whether a run may begin, within the limits of the key that asks for it."""

from typing import Final

from sqlalchemy import text

from pegboard.runs.leases import IN_EXECUTION
from pegboard.tenants.callers import Caller
from pegboard.tenants.limits import LimitReached
from pegboard.tenants.scope import Scope
from pegboard.usage.budgets import check_tokens

RETRY_SECONDS: Final = 2
"""When to ask again for a place: nobody knows how long a run takes, many take so long."""

# Until the end of the transaction, in which the place is taken. Not the row of the key: that it was
# used is written there meanwhile.
_ONE_AT_A_TIME: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:key_id, 1))")
# A run that waits for its caller holds no place: abandoned ones would hold theirs for ever.
_RUNNING: Final = text("""
    SELECT count(*) FROM runs
    WHERE key_id = :key_id AND tenant_id = :tenant_id AND status = ANY(:in_execution)
""")


async def admit(scope: Scope, caller: Caller) -> None:
    """Hold a place for a run, to the end of the transaction. Raises LimitReached."""
    if caller.limits.concurrent_runs is not None:
        await scope.session.execute(_ONE_AT_A_TIME, {"key_id": str(caller.key_id)})
    await check(scope, caller)


async def check(scope: Scope, caller: Caller) -> None:
    """Whether a run could begin at the moment. Raises LimitReached."""
    await check_tokens(scope, caller)
    limit = caller.limits.concurrent_runs
    if limit is None:
        return
    running = await scope.session.scalar(
        _RUNNING,
        {"key_id": caller.key_id, "tenant_id": scope.tenant_id, "in_execution": list(IN_EXECUTION)},
    )
    if (running or 0) >= limit:
        raise LimitReached(
            f"This key has {running} runs going and may have {limit} at once",
            retry_after=RETRY_SECONDS,
        )
