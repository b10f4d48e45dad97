"""How late the event loop is: measured always, shown to operators, and a reason not to be ready.

A loop that is held up answers nobody, renews no lease and cancels nothing, whoever holds it up.
"""

import asyncio
from collections import deque
from time import monotonic
from typing import Final

import structlog

from pegboard.telemetry.metrics import LOOP_LAG_SECONDS, LOOP_STALLS

EVERY_SECONDS: Final = 0.1
REMEMBERED_SECONDS: Final = 5.0
"""For how long the longest lag is shown."""

STALL_SECONDS: Final = 0.05
"""A lag above this counts as a stall."""

LOGGED_SECONDS: Final = 1.0
"""A stall above this is logged."""

UNREADY_SECONDS: Final = 2.0
"""A process whose loop was late by so much a moment ago is not given more work."""

log = structlog.get_logger("pegboard.loop")


class LoopLag:
    """The lag of the loop that `watch` runs on."""

    def __init__(self) -> None:
        self._measured: deque[tuple[float, float]] = deque()
        self._due: float | None = None

    async def watch(self) -> None:
        """Measure until cancelled."""
        while True:
            self._due = monotonic() + EVERY_SECONDS
            await asyncio.sleep(EVERY_SECONDS)
            now = monotonic()
            self._note(now, now - self._due)

    def seconds(self) -> float:
        """The longest lag of the last REMEMBERED_SECONDS, one that still lasts included."""
        now = monotonic()
        self._forget(now)
        lasting = 0.0 if self._due is None else now - self._due
        return max([lasting, 0.0, *(lag for _, lag in self._measured)])

    def trouble(self) -> str | None:
        """What is wrong, in a few words; None when nothing is."""
        seconds = self.seconds()
        return None if seconds < UNREADY_SECONDS else f"was held up for {seconds:.1f} s"

    def _note(self, now: float, lag: float) -> None:
        self._measured.append((now, lag))
        if lag > STALL_SECONDS:
            LOOP_STALLS.inc()
        if lag > LOGGED_SECONDS:
            log.warning("event_loop_stalled", seconds=round(lag, 2))
        self._forget(now)
        LOOP_LAG_SECONDS.set(max(lag for _, lag in self._measured))

    def _forget(self, now: float) -> None:
        while self._measured and now - self._measured[0][0] > REMEMBERED_SECONDS:
            self._measured.popleft()
