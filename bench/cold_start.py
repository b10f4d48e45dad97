"""From the start of `pegboard serve`, with a Postgres of its own, to the first /healthz of 200."""

from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from bench.client import connected
from bench.plan import Plan
from bench.processes import running
from bench.subjects import address_of
from bench.tables import table


@dataclass(frozen=True, slots=True)
class ColdStarts:
    """Seconds, on an empty data folder (a Postgres is made) and on one used before."""

    empty: list[float]
    existing: list[float]


async def measure(folder: Path, plan: Plan) -> ColdStarts:
    starts = ColdStarts([], [])
    for at in range(plan.cold_starts):
        data = folder / f"cold-{at}"
        starts.empty.append(await _start(folder, data))
        starts.existing.append(await _start(folder, data))
    return starts


async def _start(folder: Path, data: Path) -> float:
    async with running(
        "cold",
        "pegboard.cli.program",
        "serve",
        "--port",
        "0",
        "--data-dir",
        str(data),
        folder=folder,
    ) as program:
        async with connected(address_of(program)) as connection:
            await connection.get("/healthz")
        return perf_counter() - program.begun


def report(starts: ColdStarts) -> str:
    rows = [
        (name, f"{median(seconds):.2f}", f"{min(seconds):.2f}", f"{max(seconds):.2f}")
        for name, seconds in (("empty folder", starts.empty), ("existing", starts.existing))
    ]
    return table(
        f"Cold start with the embedded Postgres, {len(starts.empty)} time(s)",
        ("", "median s", "fastest", "slowest"),
        rows,
    )
