"""What stands at this moment, for Prometheus: read when it is asked, within a bound of time.

The database's part is what all servers on it share. While it does not answer, what was read last
is told, and how old that is; a scrape never waits for it.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from pegboard.runs.statuses import ACTIVE
from pegboard.runs.tables import Run
from pegboard.telemetry.metrics import CONNECTIONS_AT_MOST, CONNECTIONS_IN_USE, RUNS_IN_PROGRESS

PATIENCE_SECONDS: Final = 1.0
"""How long a scrape waits for the database."""

FRESH_SECONDS: Final = 1.0
"""For so long a reading is given again: anybody may ask, as often as he likes."""

SAMPLE_SECONDS: Final = 1.0
"""How often a process notes what stands in it; another of its server may be the one asked."""

_JOBS: Final = text("""
    SELECT entrypoint, status::text, count(*)
    FROM pgqueuer
    WHERE execute_after <= now()
    GROUP BY entrypoint, status
""")
_RUNS: Final = select(Run.status, func.count()).where(Run.status.in_(ACTIVE)).group_by(Run.status)

log = structlog.get_logger("pegboard.metrics")


@dataclass(frozen=True, slots=True)
class _Reading:
    """Jobs by kind and state, runs by status; `read_at` is of the monotonic clock."""

    jobs: dict[tuple[str, str], int]
    runs: dict[str, int]
    read_at: float


class DatabaseMetrics:
    def __init__(
        self,
        engine: AsyncEngine,
        *,
        pools: Sequence[AsyncEngine],
        runs_in_progress: Callable[[], int],
        jobs: Sequence[str],
    ) -> None:
        """Read from `engine`. `pools` are all that this process has connections in.

        `runs_in_progress`: how many this process executes. `jobs`: their kinds, counted as 0 too.
        """
        self._engine = engine
        self._pools = pools
        self._runs_in_progress = runs_in_progress
        self._jobs = jobs
        self._last: _Reading | None = None
        self._reading: asyncio.Task[None] | None = None

    async def keep_sampled(self) -> None:
        """Note what stands in this process, until cancelled."""
        while True:
            self.sample()
            await asyncio.sleep(SAMPLE_SECONDS)

    def sample(self) -> None:
        RUNS_IN_PROGRESS.set(self._runs_in_progress())
        pools = [engine.pool for engine in self._pools if isinstance(engine.pool, QueuePool)]
        CONNECTIONS_IN_USE.set(sum(pool.checkedout() for pool in pools))
        CONNECTIONS_AT_MOST.set(sum(pool.size() + pool._max_overflow for pool in pools))

    async def exposition(self) -> bytes:
        """The database's part, in Prometheus' text; nothing while it was never read."""
        if self._last is None or monotonic() - self._last.read_at > FRESH_SECONDS:
            if self._reading is None or self._reading.done():
                self._reading = asyncio.create_task(self._read())
            # Not awaited to the end: even to be cancelled takes a database that answers.
            await asyncio.wait({self._reading}, timeout=PATIENCE_SECONDS)
        registry = CollectorRegistry()
        if self._last is not None:
            registry.register(_Collected(self._last))
        return generate_latest(registry)

    async def _read(self) -> None:
        begun = monotonic()
        try:
            async with self._engine.connect() as connection:
                jobs = (await connection.execute(_JOBS)).tuples().all()
                runs = (await connection.execute(_RUNS)).tuples().all()
        except Exception as error:  # whatever the driver raises, the last reading stands
            log.warning("not_read", error=type(error).__name__)
            return
        none = {(job, state): 0 for job in self._jobs for state in ("queued", "picked")}
        self._last = _Reading(
            {**none, **{(job, state): count for job, state, count in jobs}},
            {**dict.fromkeys(ACTIVE, 0), **dict(runs)},
            begun,
        )


class _Collected(Collector):
    def __init__(self, reading: _Reading) -> None:
        self._reading = reading

    def collect(self) -> Iterable[GaugeMetricFamily]:
        states = {"queued": ("waiting", "due and not begun"), "picked": ("running", "being done")}
        for state, (name, meaning) in states.items():
            jobs = GaugeMetricFamily(f"pegboard_jobs_{name}", f"Jobs {meaning}", labels=["job"])
            for (job, state_of_job), count in sorted(self._reading.jobs.items()):
                if state_of_job == state:
                    jobs.add_metric([job], count)
            yield jobs
        runs = GaugeMetricFamily(
            "pegboard_runs_unfinished", "Runs that have not ended, by status", labels=["status"]
        )
        for status, count in sorted(self._reading.runs.items()):
            runs.add_metric([status], count)
        yield runs
        yield GaugeMetricFamily(
            "pegboard_database_reading_age_seconds",
            "Seconds since jobs and unfinished runs were read",
            value=monotonic() - self._reading.read_at,
        )
