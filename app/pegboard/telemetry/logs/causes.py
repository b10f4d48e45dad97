"""One log line for a cause, however many requests suffer from it."""

from time import monotonic
from typing import Any, Final

import structlog

QUIET_SECONDS: Final = 10.0
"""For how long a cause that was logged is only counted."""


class CauseLog:
    """Logs the first occurrence at once, and then one line each QUIET_SECONDS with their number."""

    def __init__(self, name: str, *, quiet_seconds: float = QUIET_SECONDS) -> None:
        self._log = structlog.get_logger(name)
        self._quiet_seconds = quiet_seconds
        self._logged: dict[str, float] = {}
        self._unlogged: dict[str, int] = {}

    def report(self, cause: str, **fields: Any) -> None:
        """Note one more occurrence of `cause`; the fields are those of the one that is logged."""
        now = monotonic()
        last = self._logged.get(cause)
        if last is not None and now - last < self._quiet_seconds:
            self._unlogged[cause] = self._unlogged.get(cause, 0) + 1
            return
        self._logged[cause] = now
        more = self._unlogged.pop(cause, 0)
        self._log.error(cause, **fields, **({"more_since_last": more} if more else {}))
