"""Whether background tasks live and get on, for those who ask from outside."""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Final

LATE_SECONDS: Final = 20.0
"""Tasks that beat every few seconds, and have not for so long, do not get on."""


class Heartbeats:
    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []
        self._beats: dict[str, float] = {}

    def watch(self, task: "asyncio.Task[None]") -> "asyncio.Task[None]":
        """Note a task that has to live as long as the process."""
        self._tasks.append(task)
        return task

    def beat_of(self, name: str) -> Callable[[], None]:
        """What a task calls whenever it has done its round; the first is due from now on."""

        def beat() -> None:
            self._beats[name] = monotonic()

        beat()
        return beat

    def trouble(self, *, moment: float | None = None) -> str | None:
        """What is wrong, in a few words; None when nothing is."""
        for task in self._tasks:
            if task.done():
                return f"{task.get_name()} has ended"
        present = monotonic() if moment is None else moment
        for name, last in self._beats.items():
            if present - last > LATE_SECONDS:
                return f"{name} is {present - last:.0f} s late"
        return None
