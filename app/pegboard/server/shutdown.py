"""Whether this process is to stop, and how long it may still take."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic


class GracefulShutdown:
    """Asked to stop once, what is in flight may end within `grace` seconds; twice, nothing may."""

    def __init__(self, *, grace: float) -> None:
        self._grace = grace
        self._deadline: float | None = None
        self._stop_requested = asyncio.Event()
        self._abort_requested = asyncio.Event()
        self._on_stop: Callable[[], object] | None = None

    @property
    def begun(self) -> bool:
        return self._deadline is not None

    def begin(self) -> None:
        if self.begun:
            self.at_once()
            return
        self._deadline = monotonic() + self._grace
        self._stop_requested.set()
        if self._on_stop is not None:
            self._on_stop()

    def at_once(self) -> None:
        first = not self.begun
        self._deadline = monotonic()
        self._stop_requested.set()
        self._abort_requested.set()
        if first and self._on_stop is not None:
            self._on_stop()

    def remaining(self) -> float:
        """Seconds that are left of the grace; all of it while none is being used."""
        if self._deadline is None:
            return self._grace
        return max(0.0, self._deadline - monotonic())

    async def until_stopping(self) -> None:
        """Return once this process is to stop."""
        await self._stop_requested.wait()

    async def until_aborting(self) -> None:
        """Return once it is to stop at once."""
        await self._abort_requested.wait()

    @contextmanager
    def aborts(self) -> Iterator[None]:
        """A block of the present task that is cancelled by a stop: there is nothing to end
        in peace yet, and what is waited for may never come."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  only ever used in one
        if self.begun:
            raise asyncio.CancelledError
        self._on_stop = task.cancel
        try:
            yield
        finally:
            self._on_stop = None
