"""The background process: looks after runs whose server is gone."""

import asyncio
import signal

import structlog

from app.db.engine import sessions_of
from app.runs.rescue import rescue_forever
from app.settings import Settings
from app.wiring import open_database

log = structlog.get_logger("pegboard.worker")


async def work(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    async with open_database(settings) as engine:
        log.info("worker_started")
        rescue = asyncio.create_task(rescue_forever(sessions_of(engine)))
        await stopped.wait()
        rescue.cancel()
        await asyncio.gather(rescue, return_exceptions=True)
