"""The background process: does jobs, and looks after runs whose server is gone."""

import asyncio
import signal

import structlog

from app.db.engine import sessions_of
from app.jobs.runner import run_jobs
from app.runs.rescue import rescue_forever
from app.settings import Settings
from app.tenants.scope import scopes_of
from app.wiring import gateway_of, job_kinds, open_database, shelves_of

log = structlog.get_logger("pegboard.worker")


async def work(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    async with open_database(settings) as engine:
        log.info("worker_started")
        sessions = sessions_of(engine)
        scopes = scopes_of(sessions)
        shelves = shelves_of(settings, scopes, gateway_of(settings))
        tasks = [
            asyncio.create_task(rescue_forever(sessions)),
            *(
                asyncio.create_task(run_jobs(engine, kinds))
                for kinds in job_kinds(shelves, scopes, sessions)
            ),
        ]
        await stopped.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
