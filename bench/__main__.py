"""`python -m bench`: measure, print tables, leave nothing behind."""

import argparse
import asyncio
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Final

import uvloop

from bench import (
    aims,
    cold_start,
    crowds,
    indexing,
    indexing_parts,
    long_threads,
    memory,
    memory_recall,
    memory_search,
    model_paths,
    quality,
    round_trips,
    search,
    storage,
    streams,
)
from bench.aims import Aim
from bench.neighbour import report as neighbour_report
from bench.neighbour import trial as neighbour_trial
from bench.neighbour.floods import FLOODS
from bench.plan import FULL, QUICK, Plan
from bench.postgres import running_postgres
from bench.stage import open_stage

_LONGEST_SECONDS: Final = 1_500.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a glance, not a result")
    parser.add_argument("--only", choices=_PARTS, help="one part of it")
    parser.add_argument(
        "--conversations", type=Path, help="a file in LoCoMo's shape, to measure recall with"
    )
    parser.add_argument(
        "--rows",
        type=_floods,
        default=(),
        metavar="NAME,NAME",
        help=f"these floods of the part `neighbour`: {', '.join(FLOODS)}",
    )
    parser.add_argument(
        "--server-root",
        type=Path,
        metavar="DIR",
        help="a clone of the project whose server the part `neighbour` measures, by its .venv",
    )
    chosen = parser.parse_args()
    plan = replace(
        QUICK if chosen.quick else FULL,
        conversations=chosen.conversations,
        floods=chosen.rows,
        server_root=chosen.server_root and chosen.server_root.absolute(),
    )
    parts = [chosen.only] if chosen.only else list(_PARTS)
    print(
        f"Pegboard's bench: Python {platform.python_version()}, {os.cpu_count()} cores, "
        f"{platform.system()} {platform.machine()}; every server one process with uvloop, "
        f"all on one durable Postgres; load before: {os.getloadavg()[0]:.1f}"
    )
    try:
        uvloop.run(_run(plan, parts))
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(130)


async def _run(plan: Plan, parts: Sequence[str]) -> None:
    begun = perf_counter()
    running = asyncio.current_task()
    assert running is not None
    # What is started here is stopped here, also when we are told to stop.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    with tempfile.TemporaryDirectory(prefix="pegboard-bench-") as name:
        # Run by root, Postgres runs as another user and has to reach its folder.
        os.chmod(name, 0o755)
        folder = Path(name)
        results: list[Aim] = []
        async with asyncio.timeout(_LONGEST_SECONDS):
            for part in parts:
                results += await _PARTS[part](folder, plan)
    if results:
        _print(aims.report(results))
    print(f"\n{perf_counter() - begun:.0f} s in all")


async def _messages(folder: Path, plan: Plan) -> list[Aim]:
    starts = await cold_start.measure(folder, plan)
    _print(cold_start.report(starts))
    async with open_stage(folder) as stage:
        warm = memory.measure(stage)
        trips = [
            await round_trips.measure(stage, plan, clients=clients)
            for clients in (1, round_trips.CROWD)
        ]
        _print(round_trips.report(trips, stage))
        _print(round_trips.report_litellm(trips, stage))
        streamed = await streams.measure(stage, plan)
        _print(streams.report(streamed, stage, plan))
        long = await long_threads.measure(stage, plan)
        _print(long_threads.report(long, stage, plan))
        _print(storage.report(await storage.measure(stage, plan)))
        end = memory.measure(stage)
        _print(memory.report(warm, end))
        return aims.of_messages(
            stage,
            plan,
            trips=trips,
            streamed=streamed,
            long=long,
            starts=starts,
            resident=end,
        )


async def _models(folder: Path, plan: Plan) -> list[Aim]:
    _print(model_paths.report(await model_paths.measure(folder, plan)))
    async with open_stage(folder) as stage:
        measured = await crowds.measure(stage, plan)
        _print(crowds.report(measured, stage))
        return aims.of_crowds(measured, stage)


async def _indexing(folder: Path, plan: Plan) -> list[Aim]:
    _print(indexing.report(await indexing.measure(folder, plan)))
    _print(indexing_parts.report(await indexing_parts.measure(folder, plan)))
    return []


async def _search(folder: Path, plan: Plan) -> list[Aim]:
    async with running_postgres(folder / "searched-postgres") as address:
        searches = await search.measure(address, plan)
        _print(search.report(searches))
        measured = await quality.measure(address)
        _print(quality.report(measured))
    return [*aims.of_search(searches), *aims.of_quality(measured)]


async def _memories(folder: Path, plan: Plan) -> list[Aim]:
    async with running_postgres(folder / "remembered-postgres") as address:
        _print(memory_search.report(await memory_search.measure(folder, address, plan)))
    if plan.conversations is not None:
        _print(memory_recall.report(await memory_recall.measure(folder, plan.conversations)))
    return []


async def _neighbour(folder: Path, plan: Plan) -> list[Aim]:
    measured = await neighbour_trial.measure(folder, plan)
    _print(neighbour_report.report(measured))
    return neighbour_report.aims(measured)


def _floods(listed: str) -> tuple[str, ...]:
    names = tuple(listed.split(","))
    if unknown := set(names) - set(FLOODS):
        raise argparse.ArgumentTypeError(f"there is no {', '.join(sorted(unknown))}")
    return names


def _print(text: str) -> None:
    print(text, flush=True)


_PARTS: Final[Mapping[str, Callable[[Path, Plan], Awaitable[list[Aim]]]]] = {
    "messages": _messages,
    "models": _models,
    "indexing": _indexing,
    "search": _search,
    "memories": _memories,
    "neighbour": _neighbour,
}


if __name__ == "__main__":
    main()
