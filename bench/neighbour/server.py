"""The server that is flooded: one process with its default settings, and what is seen of it."""

import asyncio
import re
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from math import isnan
from pathlib import Path
from typing import Any, Final

import asyncpg
import psutil

from bench.neighbour.calling import Caller
from bench.postgres import Database
from bench.processes import Program, running
from bench.subjects import address_of

_OPEN_FILES: Final = 1024
_ANSWERS_WITHIN: Final = 5.0
_LOOK_SECONDS: Final = 0.2
_SCRAPE_SECONDS: Final = 2.0
"""Oftener than what the server tells of its event loop is forgotten, which is after 5 s."""

_LAG: Final = re.compile(
    r"^pegboard_event_loop_lag_seconds(?:_max)?(?:\{[^}]*\})? (\S+)$", re.MULTILINE
)
_RUNS: Final = """
    SELECT count(*) FILTER (WHERE attempts > 0) AS rescued,
           count(*) FILTER (
               WHERE status = 'failed' AND error_code <> 'invalid_sandbox_script'
           ) AS failed,
           string_agg(DISTINCT error_code, ' ') FILTER (WHERE status = 'failed') AS codes
    FROM runs WHERE created_at >= $1
"""
_UNFINISHED: Final = """
    SELECT (SELECT count(*) FROM runs WHERE status IN ('queued', 'in_progress', 'cancelling'))
         + (SELECT count(*) FROM documents WHERE status IN ('pending', 'processing'))
"""


@dataclass(frozen=True, slots=True)
class Runs:
    """Of those begun since a moment: how many another process took up, or failed, and of what.

    One that was refused for what its caller wrote into it has not failed.
    """

    rescued: int
    failed: int
    codes: str


@dataclass(frozen=True, slots=True)
class Flooded:
    program: Program
    database: Database

    @property
    def url(self) -> str:
        return address_of(self.program)

    @property
    def ended(self) -> bool:
        return self.program.process.returncode is not None

    async def answers(self) -> bool:
        """Whether it still says that it is up, to somebody who has waited a while."""
        caller = Caller(self.url, "bench", "127.0.0.1")
        request = caller.request("GET", "/healthz")
        return (await caller.ask(request, patience=_ANSWERS_WITHIN)).status == 200

    async def loop_lag(self) -> float:
        """Seconds for which its event loop was held up lately, as it says itself; else NaN."""
        caller = Caller(self.url, "bench", "127.0.0.1")
        answer = await caller.ask(caller.request("GET", "/metrics"), patience=_ANSWERS_WITHIN)
        lags = [float(value) for value in _LAG.findall(answer.body.decode(errors="replace"))]
        return max(lags, default=float("nan"))

    def resident_bytes(self) -> int:
        """With the processes it has started, such as the one that reads files."""
        return sum(map(_resident, self._family()))

    def cpu_seconds(self) -> float:
        """What it has used so far, those of its children included that are there."""
        return sum(map(_cpu_seconds, self._family()))

    def _family(self) -> list[psutil.Process]:
        try:
            process = psutil.Process(self.program.process.pid)
            return [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    async def now(self) -> datetime:
        """By the clock that runs are dated with."""
        moment: datetime = await self._value("SELECT now()")
        return moment

    async def runs_since(self, moment: datetime) -> Runs:
        connection = await asyncpg.connect(self.database.url)
        try:
            row = await connection.fetchrow(_RUNS, moment)
        finally:
            await connection.close()
        return Runs(row["rescued"], row["failed"], row["codes"] or "")

    async def unfinished(self) -> int:
        """Runs that are in execution and documents that are not indexed yet."""
        count: int = await self._value(_UNFINISHED)
        return count

    async def kill(self) -> None:
        """It may be beyond hearing anything else."""
        if not self.ended:
            self.program.process.kill()
        await self.program.process.wait()

    async def _value(self, statement: str) -> Any:
        connection = await asyncpg.connect(self.database.url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()


@asynccontextmanager
async def running_flooded(
    name: str, *, database: Database, folder: Path, clone: Path | None
) -> AsyncIterator[Flooded]:
    # What most systems give a process; whoever wants more of it asks for it.
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(_OPEN_FILES, most), most))
    try:
        async with running(
            name,
            "pegboard.cli.program",
            *("serve", "--port", "0", "--data-dir", str(folder / f"{name}-data")),
            folder=folder,
            clone=clone,
            PEGBOARD_DATABASE_URL=database.url,
            PEGBOARD_SANDBOX="always",
        ) as program:
            yield Flooded(program, database)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, most))


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.NoSuchProcess:
        return 0


def _cpu_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system


async def watch_memory(server: Flooded, seen: list[int]) -> None:
    """Write down what it holds, some times a second, until cancelled."""
    while True:
        seen.append(server.resident_bytes())
        await asyncio.sleep(_LOOK_SECONDS)


async def watch_loop(server: Flooded, seen: list[float]) -> None:
    """Write down how long its event loop was held up, until cancelled; NaN is not worth a line."""
    while True:
        await asyncio.sleep(_SCRAPE_SECONDS)
        lag = await server.loop_lag()
        if not isnan(lag):
            seen.append(lag)
