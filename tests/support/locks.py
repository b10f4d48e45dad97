"""Stop a server at a statement of our choice, by a lock that the test holds."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from pegboard.db.engine import open_engine
from tests.support.deadlines import patience

WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
END_WAITING = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@contextmanager
def held(url: str, statement: str) -> Iterator[None]:
    """What a statement locks stays locked for the length of the block."""
    locked, done = threading.Event(), threading.Event()

    async def hold() -> None:
        engine = open_engine(url, pool_size=1)
        async with engine.begin() as connection:
            await connection.execute(text(statement))
            locked.set()
            await asyncio.to_thread(done.wait)
        await engine.dispose()

    holder = threading.Thread(target=asyncio.run, args=(hold(),))
    holder.start()
    try:
        assert locked.wait(patience(20))
        yield
    finally:
        done.set()
        holder.join()
