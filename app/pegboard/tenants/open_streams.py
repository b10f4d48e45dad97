"""How many streams this process keeps open, for one tenant and in all."""

from collections import Counter
from collections.abc import Callable
from typing import Final
from uuid import UUID

from pegboard.tenants.limits import LimitReached

RETRY_AFTER_SECONDS: Final = 5


class OpenStreams:
    """Counted in memory: streams are held by a process, and end with it."""

    def __init__(self, *, per_tenant: int, in_all: int) -> None:
        self._per_tenant = per_tenant
        self._in_all = in_all
        self._open: Counter[UUID] = Counter()

    def claim(self, tenant_id: UUID) -> Callable[[], None]:
        """Count a stream; returns what releases it again. Raises LimitReached."""
        if self._open.total() >= self._in_all:
            raise _too_many(f"this server keeps {self._in_all} streams open at most")
        if self._open[tenant_id] >= self._per_tenant:
            raise _too_many(f"{self._per_tenant} may be open at a time")
        self._open[tenant_id] += 1

        def release() -> None:
            self._open[tenant_id] -= 1
            if not self._open[tenant_id]:
                del self._open[tenant_id]

        return release


def _too_many(limit: str) -> LimitReached:
    return LimitReached(
        f"Too many open streams: {limit}. Try again in {RETRY_AFTER_SECONDS} s",
        retry_after=RETRY_AFTER_SECONDS,
    )
