"""The slot that the present task holds, given back while it only waits.

Requests and runs are worked on in turn across tenants (`pegboard.fairness`), few at once. What
waits for something else than this server's own work (a model, a run, another request, a file to be
indexed) does so in a block of `waiting()`: those of a tenant that wait must not keep its others
from being worked on, least of all the one that they wait for. No database connection may be held
meanwhile.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Self
from uuid import UUID

from pegboard.fairness import FairLimiter


class Slot:
    """A tenant's claim to one of the slots of `limiter`. As a context manager it is held within."""

    def __init__(self, limiter: FairLimiter, tenant_id: UUID) -> None:
        self._limiter = limiter
        self._tenant_id = tenant_id
        self._held = False

    @property
    def held(self) -> bool:
        return self._held

    async def acquire(self) -> None:
        """Wait for the slot; nothing happens where it is held."""
        if not self._held:
            await self._limiter.acquire(self._tenant_id)
            self._held = True

    def release(self) -> None:
        """Give the slot back; nothing happens where it is not held."""
        if self._held:
            self._held = False
            self._limiter.release(self._tenant_id)

    async def __aenter__(self) -> Self:
        await self.acquire()
        return self

    async def __aexit__(self, *error: object) -> None:
        self.release()


_current: ContextVar[Slot | None] = ContextVar("slot", default=None)


def make_current(slot: Slot) -> None:
    """Have `waiting()` give `slot` back in this task, and in those that it starts."""
    _current.set(slot)


@asynccontextmanager
async def waiting() -> AsyncIterator[None]:
    """A block that waits; the task's slot, if it holds one, is taken again at its end.

    An error that leaves the block leaves without the slot: telling it costs little.
    """
    slot = _current.get()
    if slot is None or not slot.held:
        yield
        return
    slot.release()
    yield
    await slot.acquire()
