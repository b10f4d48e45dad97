"""What a server does beside its requests, for as long as it lives."""

import asyncio
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from pegboard.composition.database_metrics import DatabaseMetrics
from pegboard.composition.heartbeats import Heartbeats
from pegboard.composition.jobs import Kinds
from pegboard.composition.runs import Runs
from pegboard.composition.warming import Warming
from pegboard.db.signals import Signals
from pegboard.idempotency.ledger import Ledger
from pegboard.jobs.lanes import Places
from pegboard.jobs.runner import run_jobs
from pegboard.models.catalogue import Catalogue
from pegboard.models.serving import refresh_served_models
from pegboard.settings import SandboxMode, Settings
from pegboard.telemetry.loop_lag import LoopLag


def start_background(
    settings: Settings,
    engine: AsyncEngine,
    *,
    runs: Runs,
    job_groups: Sequence[Kinds],
    signals: Signals,
    ledger: Ledger,
    catalogue: Catalogue,
    database_metrics: DatabaseMetrics,
    heartbeats: Heartbeats,
    loop_lag: LoopLag,
    warming: Warming,
) -> list[asyncio.Task[None]]:
    """The tasks, begun. Those that `heartbeats` watch speak against the server's readiness."""
    beat_of = heartbeats.beat_of
    watched = {
        "heartbeat": runs.executor.keep_leases(beat_of("heartbeat")),
        "rescue": runs.rescuer.watch(beat_of("rescue")),
        "loop-lag": loop_lag.watch(),
        "tails": runs.tails.read_on(),
    }
    others = {
        "signals": signals.listen(engine),
        "keys": ledger.keep_leases(),
        "forgetting": ledger.forget_forever(),
        "database-metrics": database_metrics.keep_sampled(),
        "warm-up": warming.warm_up(),
    }
    if settings.sandbox is not SandboxMode.ALWAYS:
        others["endpoints"] = refresh_served_models(catalogue)
    tasks = [
        heartbeats.watch(asyncio.create_task(work, name=name)) for name, work in watched.items()
    ]
    tasks += [asyncio.create_task(work, name=name) for name, work in others.items()]
    if settings.jobs:
        places = Places(settings.jobs_at_once, settings.jobs_per_tenant)
        tasks += [
            heartbeats.watch(asyncio.create_task(run_jobs(engine, kinds, places), name="jobs"))
            for kinds in job_groups
        ]
    return tasks
