"""`python -m bench`: measure, print tables, leave nothing behind."""

import argparse
import asyncio
import os
import platform
import signal
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Final

import uvloop

from bench import aims, cold_start, long_threads, memory, round_trips, storage, streams
from bench.plan import FULL, QUICK, Plan
from bench.stage import open_stage

_LONGEST_SECONDS: Final = 900.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a glance, not a result")
    plan = QUICK if parser.parse_args().quick else FULL
    print(
        f"Pegboard's bench: Python {platform.python_version()}, {os.cpu_count()} cores, "
        f"{platform.system()} {platform.machine()}; every server one process with uvloop, "
        f"all on one durable Postgres; load before: {os.getloadavg()[0]:.1f}"
    )
    try:
        uvloop.run(_run(plan))
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(130)


async def _run(plan: Plan) -> None:
    begun = perf_counter()
    running = asyncio.current_task()
    assert running is not None
    # What is started here is stopped here, also when we are told to stop.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    with tempfile.TemporaryDirectory(prefix="pegboard-bench-") as name:
        # Run by root, Postgres runs as another user and has to reach its folder.
        os.chmod(name, 0o755)
        folder = Path(name)
        async with asyncio.timeout(_LONGEST_SECONDS):
            await _measure(folder, plan)
    print(f"\n{perf_counter() - begun:.0f} s in all")


async def _measure(folder: Path, plan: Plan) -> None:
    starts = await cold_start.measure(folder, plan)
    _tell(cold_start.report(starts))
    async with open_stage(folder) as stage:
        warm = memory.measure(stage)
        trips = [
            await round_trips.measure(stage, plan, clients=clients)
            for clients in (1, round_trips.CROWD)
        ]
        _tell(round_trips.report(trips, stage))
        _tell(round_trips.report_litellm(trips, stage))
        _tell(streams.report(await streams.measure(stage, plan), stage, plan))
        long = await long_threads.measure(stage, plan)
        _tell(long_threads.report(long, stage, plan))
        _tell(storage.report(await storage.measure(stage, plan)))
        end = memory.measure(stage)
        _tell(memory.report(warm, end))
        _tell(aims.report(stage, plan, trips=trips, long=long, starts=starts, resident=end))


def _tell(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
