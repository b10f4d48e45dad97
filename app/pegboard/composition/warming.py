"""What the first requests would wait for, loaded before others are let send any.

Imports, of which some take seconds on an idle machine. They happen in threads: a process that
loads answers, a little more slowly, what it is asked meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import structlog

from pegboard.heap import keep_what_is_loaded

Load: TypeAlias = Callable[[], Awaitable[object]]

log = structlog.get_logger("pegboard")


class Warming:
    """`loads` are awaited one after the other, under names for those who wait.

    `awaited`: whether the process is not ready before; where moments count, it need not be.
    """

    def __init__(self, loads: Mapping[str, Load], *, awaited: bool) -> None:
        self._loads = loads
        self._awaited = awaited
        self._left = list(loads)

    async def warm_up(self) -> None:
        """What cannot be loaded is reported to whoever asks for it; the others need not wait."""
        for name, load in self._loads.items():
            try:
                await load()
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("not_loaded", what=name)
            self._left.remove(name)
        keep_what_is_loaded()

    def trouble(self) -> str | None:
        """What is still being loaded, in a few words."""
        return f"loading {', '.join(self._left)}" if self._awaited and self._left else None
