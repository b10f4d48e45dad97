"""Requests of this process that want the same thread stand in line.

A thread takes one message at a time. Without a line all that wait would look at it again whenever
a run ends, and all but one in vain: work that grows with the square of the crowd.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from pegboard.slots import waiting


@dataclass(slots=True)
class _Line:
    head: asyncio.Lock = field(default_factory=asyncio.Lock)
    length: int = 0


class ThreadLines:
    def __init__(self) -> None:
        self._lines: dict[UUID, _Line] = {}

    @asynccontextmanager
    async def place(self, thread_id: UUID, *, deadline: float) -> AsyncIterator[None]:
        """Stand in the thread's line, and go on at its head, or at the `deadline` (loop time)."""
        line = self._lines.setdefault(thread_id, _Line())
        line.length += 1
        try:
            first = await _come_first(line.head, deadline)
            try:
                yield
            finally:
                if first:
                    line.head.release()
        finally:
            line.length -= 1
            if not line.length:
                del self._lines[thread_id]


async def _come_first(head: asyncio.Lock, deadline: float) -> bool:
    """Whether the head of the line was reached in time; if so, it is held."""
    if not head.locked():
        return await head.acquire()
    try:
        async with waiting(), asyncio.timeout_at(deadline):
            return await head.acquire()
    except TimeoutError:
        return False
