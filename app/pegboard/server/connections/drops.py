"""Connections that were cut off or turned away: counted, and logged by cause."""

from collections import Counter
from enum import StrEnum
from typing import Final

import structlog

from pegboard.telemetry.metrics import CONNECTIONS_DROPPED

_QUIET_SECONDS: Final = 10.0

log = structlog.get_logger("pegboard.connections")


class Cause(StrEnum):
    HEADER_TIMEOUT = "header_timeout"
    BODY_TIMEOUT = "body_timeout"
    SLOW_READER = "slow_reader"
    HEADER_TOO_LARGE = "header_too_large"
    MALFORMED = "malformed"
    PIPELINE_TOO_LONG = "pipeline_too_long"
    UPGRADE = "upgrade"
    MADE_ROOM = "made_room"
    """Dropped, as it was not in use, for a new one when there were as many as there may be."""
    NO_ROOM = "no_room"
    """Turned away, as all are in use."""
    ADDRESS_LIMIT = "address_limit"


class Drops:
    """The first of a cause is logged at once, those of the next ten seconds by their number."""

    def __init__(self) -> None:
        self._untold: Counter[Cause] = Counter()
        self._quiet_until: dict[Cause, float] = {}
        self._address: dict[Cause, str] = {}
        for cause in Cause:  # counted as 0 before the first
            CONNECTIONS_DROPPED.labels(cause.value)

    def note(self, cause: Cause, *, now: float, address: str | None = None) -> None:
        CONNECTIONS_DROPPED.labels(cause.value).inc()
        self._untold[cause] += 1
        if address is not None:
            self._address[cause] = address
        if self._quiet_until.get(cause, 0.0) <= now:
            self._tell(cause, now)

    def tell_due(self, now: float) -> None:
        """Write the lines whose time has come."""
        for cause in list(self._untold):
            if self._quiet_until.get(cause, 0.0) <= now:
                self._tell(cause, now)

    def _tell(self, cause: Cause, now: float) -> None:
        count = self._untold.pop(cause)
        self._quiet_until[cause] = now + _QUIET_SECONDS
        # The one address that has too many is what an operator needs; of others it shows nothing.
        whose = {"address": self._address.pop(cause)} if cause in self._address else {}
        log.warning("connections_dropped", cause=cause.value, count=count, **whose)
