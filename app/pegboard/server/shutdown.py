"""Whether this process was told to stop, and how long it may still take."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic


class GracefulShutdown:
    """Told once, what is in flight may end within `grace` seconds; told again, nothing may."""

    def __init__(self, *, grace: float) -> None:
        self._grace = grace
        self._deadline: float | None = None
        self._told = asyncio.Event()
        self._told_again = asyncio.Event()
        self._breaks_off: Callable[[], object] | None = None

    @property
    def begun(self) -> bool:
        return self._deadline is not None

    def begin(self) -> None:
        if self.begun:
            self.at_once()
            return
        self._deadline = monotonic() + self._grace
        self._told.set()
        if self._breaks_off is not None:
            self._breaks_off()

    def at_once(self) -> None:
        first = not self.begun
        self._deadline = monotonic()
        self._told.set()
        self._told_again.set()
        if first and self._breaks_off is not None:
            self._breaks_off()

    def remaining(self) -> float:
        """Seconds that are left of the grace; all of it where nobody was told."""
        if self._deadline is None:
            return self._grace
        return max(0.0, self._deadline - monotonic())

    async def told(self) -> None:
        """Return once this process was told to stop."""
        await self._told.wait()

    async def told_again(self) -> None:
        """Return once it was told to stop at once."""
        await self._told_again.wait()

    @contextmanager
    def aborts(self) -> Iterator[None]:
        """A block of the present task that is cancelled when it is told: there is nothing to end
        in peace yet, and what is waited for may never come."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  only ever used in one
        if self.begun:
            raise asyncio.CancelledError
        self._breaks_off = task.cancel
        try:
            yield
        finally:
            self._breaks_off = None
