"""The background process: does jobs, and takes up runs whose server is gone."""

import asyncio
import signal

import structlog

from pegboard.composition.installation import require_extras
from pegboard.composition.resources import open_resources
from pegboard.settings import Auth, Settings

log = structlog.get_logger("pegboard.worker")


async def work(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT. Raises ExtraMissing, or what keeps the database closed."""
    require_extras(settings)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    async with open_resources(settings.model_copy(update={"jobs": True}), auth=Auth.KEYS):
        log.info("worker_started")
        await stopped.wait()
