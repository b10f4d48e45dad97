"""Run jobs as they come, for as long as the process lives."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Final, TypeAlias

import asyncpg
import structlog
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job
from pgqueuer.qm import QueueManager
from sqlalchemy.ext.asyncio import AsyncEngine

from pegboard.db.availability import is_passing
from pegboard.db.engine import connect_arguments
from pegboard.errors import NotFound
from pegboard.jobs.lanes import FairQueries, Places
from pegboard.jobs.queue import TRACEPARENT
from pegboard.telemetry import tracing
from pegboard.telemetry.logs.ids import job as job_ids

Work: TypeAlias = Callable[..., Awaitable[None]]
"""What to do for a job, given its payload."""

ABANDONED_AFTER: Final = timedelta(seconds=10)
"""A job whose process has been silent for so long is given to another."""

_AWAY_SECONDS: Final = 1.0

log = structlog.get_logger("pegboard.jobs")


async def run_jobs(engine: AsyncEngine, kinds: Mapping[str, Work], places: Places) -> None:
    """Work until cancelled. A lost connection is replaced."""
    while True:
        try:
            await _run_on_one_connection(engine, kinds, places)
        except Exception as error:  # whatever the driver raises, the answer is another connection
            log.warning("jobs_interrupted", error=type(error).__name__)
        await asyncio.sleep(1)


async def _run_on_one_connection(
    engine: AsyncEngine, kinds: Mapping[str, Work], places: Places
) -> None:
    connection = await asyncpg.connect(**connect_arguments(engine))  # LISTEN needs its own
    try:
        queries = FairQueries(AsyncpgDriver(connection), places)
        runner = QueueManager(queries)
        queries.running = runner.job_context
        for name, work in kinds.items():
            runner.entrypoint(name)(_entry(name, work))
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        running = asyncio.create_task(
            # How many at once is up to `places`.
            runner.run(batch_size=4, heartbeat_timeout=ABANDONED_AFTER)
        )
        broken = asyncio.create_task(lost.wait())
        try:
            await asyncio.wait({running, broken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            runner.shutdown.set()
            for task in (running, broken):
                task.cancel()
            await asyncio.gather(running, broken, return_exceptions=True)
    finally:
        connection.terminate()


def _entry(name: str, work: Work) -> Callable[[Job], Awaitable[None]]:
    async def run(job: Job) -> None:
        payload = json.loads(job.payload or b"{}")
        ids = {key: value for key, value in payload.items() if key.endswith("_id")}
        parent = (job.headers or {}).get(TRACEPARENT)
        attributes = {f"pegboard.{key}": str(value) for key, value in ids.items()}
        with (
            job_ids(name, **ids),
            tracing.span(
                f"job {name}",
                tracing.SpanKind.CONSUMER,
                {"pegboard.job": name, **attributes},
                parent=parent if isinstance(parent, str) else None,
            ) as span,
        ):
            # Work that met no database has not been done, and nobody else would do it: pgqueuer
            # drops what has come to its end.
            while True:
                if await _done(work, payload, span):
                    return
                await asyncio.sleep(_AWAY_SECONDS)

    return run


async def _done(work: Work, payload: Mapping[str, Any], span: tracing.Span) -> bool:
    """Whether the work came to its end, for good or ill."""
    try:
        await work(**payload)
    except NotFound as error:
        # Deleted while the job waited or ran: there is nothing left to do.
        log.info("job_outlived_its_subject", noun=error.noun)
    except Exception as error:
        if is_passing(error):
            log.warning("job_interrupted", error=type(error).__name__)
            return False
        log.exception("job_failed")
        span.fail(type(error).__name__)
    return True
