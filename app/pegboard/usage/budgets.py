"""What may still be used today with a key."""

from datetime import UTC, datetime, time, timedelta
from typing import Final

from sqlalchemy import text

from pegboard import clock
from pegboard.tenants.callers import Caller
from pegboard.tenants.limits import LimitReached
from pegboard.tenants.scope import Scope

_USED_SINCE: Final = text("""
    SELECT coalesce(sum(input_tokens + output_tokens), 0)::bigint
    FROM usage_records
    WHERE key_id = :key_id AND tenant_id = :tenant_id AND created_at >= :midnight
""")


async def check_tokens(scope: Scope, caller: Caller) -> None:
    """Raises LimitReached where the tokens of the day (UTC) are used up.

    What runs are using is not known yet: the last ones of a day may go beyond the limit.
    """
    limit = caller.limits.tokens_per_day
    if limit is None:
        return
    now = clock.now()
    midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    parameters = {"key_id": caller.key_id, "tenant_id": scope.tenant_id, "midnight": midnight}
    used = await scope.session.scalar(_USED_SINCE, parameters) or 0
    if used >= limit:
        raise LimitReached(
            f"The tokens of this key for today are used up: {used} of {limit}. A new day begins at "
            "midnight UTC",
            retry_after=(midnight + timedelta(days=1) - now).total_seconds(),
            counted="tokens",
        )
