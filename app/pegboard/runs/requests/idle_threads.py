"""Wait until a thread can take a message: no other run is executed, its files are indexed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from pegboard.db.engine import is_collision
from pegboard.documents.search_scope import DocumentsNotIndexed
from pegboard.runs.requests.targets import NewThread, Target, ThreadBusy
from pegboard.runs.requests.thread_queues import ThreadLines
from pegboard.runs.stream.feed import Feed
from pegboard.slots import waiting

_POLL: Final = 0.1

Answer = TypeVar("Answer")


class IdleThreads:
    """Those of this process that want the same thread come one after the other."""

    def __init__(self, feed_of_thread: Callable[[UUID], Feed | None], *, patience: float) -> None:
        """`patience`: seconds that a message waits for what keeps its thread from taking it."""
        self._feed_of_thread = feed_of_thread
        self._patience = patience
        self._lines = ThreadLines()

    async def attempt(self, target: Target, attempt: Callable[[], Awaitable[Answer]]) -> Answer:
        """Try until the thread takes it, or patience is used up.

        Raises what the last attempt raised: ThreadBusy, DocumentsNotIndexed, or anything else at
        once.
        """
        deadline = asyncio.get_running_loop().time() + self._patience
        if isinstance(target, NewThread):
            return await self._attempts(target.id, attempt, deadline)
        async with self._lines.place(target, deadline=deadline):
            return await self._attempts(target, attempt, deadline)

    async def _attempts(
        self, thread_id: UUID, attempt: Callable[[], Awaitable[Answer]], deadline: float
    ) -> Answer:
        loop = asyncio.get_running_loop()
        while True:
            try:
                return await attempt()
            except DBAPIError as error:
                if not is_collision(error) or loop.time() > deadline:
                    raise
            except (ThreadBusy, DocumentsNotIndexed) as reason:
                left = deadline - loop.time()
                if left <= 0:
                    raise
                busy = isinstance(reason, ThreadBusy)
                feed = self._feed_of_thread(thread_id) if busy else None
                async with waiting():
                    if feed is None:  # somebody else is at work
                        await asyncio.sleep(min(_POLL, left))
                    else:
                        await asyncio.wait([asyncio.ensure_future(feed.ended())], timeout=left)
