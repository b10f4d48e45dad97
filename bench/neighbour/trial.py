"""One flood after the other on one server, which is replaced where it is not as it was before."""

import asyncio
import sys
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from itertools import count
from math import nan
from pathlib import Path
from time import monotonic
from typing import Final

from bench.neighbour.conversation import Order, Refused, order
from bench.neighbour.floods import FLOODS, Flood
from bench.neighbour.samples import Phases, RequestKind, Sample, parted
from bench.neighbour.server import Flooded, Runs, running_flooded, watch_loop, watch_memory
from bench.plan import Plan
from bench.postgres import new_database, running_postgres
from bench.processes import Program, running
from pegboard.db.embedded import Address

MOST_GROWTH: Final = 1.2
"""How many times what it held before a server may hold once a flood is over."""

_TRIES: Final = 3
_PREPARES_WITHIN: Final = 60.0
_SETTLES_WITHIN: Final = 15.0
_PATIENCE: Final = 10.0
_FILE_PATIENCE: Final = 30.0


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that the server held; the last once it was quiet, or should have been."""

    before: int
    peak: int
    after: int

    @property
    def growth(self) -> float:
        return self.after / self.before if self.before else nan


@dataclass(frozen=True, slots=True)
class Measured:
    """A flood. `fate` of the server: empty where it went on, else why it was replaced.

    `crowd` counts the answers by status; shares are of one core while it lasted, used by the
    crowd's own process and by the server, which gets less than it could use where the machine has
    other work.
    `lag` is NaN where the server does not tell it.
    """

    name: str
    flood: Flood
    phases: Phases
    crowd: dict[str, int]
    seconds: float
    crowd_share: float
    server_share: float
    runs: Runs
    memory: Memory
    lag: float
    fate: str


async def measure(folder: Path, plan: Plan) -> list[Measured]:
    names = plan.floods or tuple(FLOODS)
    async with (
        running_postgres(folder / "flooded-postgres") as address,
        running("neighbour", "bench.neighbour.probe", folder=folder) as probe,
        _Servers(address, folder, plan.server_root, probe) as servers,
    ):
        measured = []
        for name in names:
            print(f"  {name} ...", file=sys.stderr, flush=True)
            async with running("crowd", "bench.neighbour.crowd", folder=folder) as crowd:
                server = await _prepared(name, servers, crowd, plan)
                one = await _measure(name, server, probe, crowd, plan)
            if one.fate:
                await servers.discard()
            measured.append(one)
        return measured


class _Servers:
    """The server at work; another, on a new database, once it was discarded."""

    def __init__(self, address: Address, folder: Path, clone: Path | None, probe: Program) -> None:
        self._address = address
        self._folder = folder
        self._clone = clone
        self._probe = probe
        self._numbers = count(1)
        self._stack = AsyncExitStack()
        self._server: Flooded | None = None

    async def __aenter__(self) -> "_Servers":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def ready(self) -> Flooded:
        if self._server is None:
            name = f"flooded-{next(self._numbers)}"
            self._server = await self._stack.enter_async_context(
                running_flooded(
                    name,
                    database=await new_database(self._address, name),
                    folder=self._folder,
                    clone=self._clone,
                )
            )
            await order(self._probe, "open", url=self._server.url)
        return self._server

    async def discard(self) -> None:
        assert self._server is not None
        await self._server.kill()
        await self._stack.aclose()
        self._server = None


async def _prepared(name: str, servers: _Servers, crowd: Program, plan: Plan) -> Flooded:
    """A server on which the crowd has what it needs: another one, if the last one is too ill."""
    lasts = FLOODS[name].lasts or plan.flood_seconds
    for _ in range(_TRIES):
        server = await servers.ready()
        with suppress(Refused):
            fields = {"flood": name, "seconds": lasts, "patience": _PREPARES_WITHIN}
            await order(crowd, "prepare", url=server.url, **fields)
            return server
        await servers.discard()
    raise RuntimeError(f"no server was well enough to be flooded with {name}")


async def _measure(
    name: str, server: Flooded, probe: Program, crowd: Program, plan: Plan
) -> Measured:
    flood = FLOODS[name]
    started = await server.now()
    await order(probe, "start", files=flood.files)
    await asyncio.sleep(plan.quiet_seconds)
    before, used = server.resident_bytes(), server.cpu_seconds()
    held, lags = list[int](), list[float]()
    watches = [
        asyncio.create_task(watch_memory(server, held)),
        asyncio.create_task(watch_loop(server, lags)),
    ]
    try:
        outcome = await order(crowd, "go", limit=flood.limit)
        used = server.cpu_seconds() - used
        seconds = max(0.001, outcome["ended"] - outcome["begun"])
        # A flood of one request needs a while, too, to be seen by requests that come at a pace.
        await asyncio.sleep(max(0.0, outcome["begun"] + plan.flood_seconds - monotonic()))
        ended = max(outcome["ended"], min(monotonic(), outcome["begun"] + plan.flood_seconds))
        fate = await _fate(server, outcome)
        if not fate:
            await asyncio.sleep(plan.quiet_seconds)
        patience = 0.0 if fate else _FILE_PATIENCE if flood.files else _PATIENCE
        samples = (await order(probe, "stop", patience=patience))["samples"]
        after, unsettled = (server.resident_bytes(), "") if fate else await _settled(server, before)
    finally:
        for watch in watches:
            watch.cancel()
    return Measured(
        name=name,
        flood=flood,
        phases=parted(
            [Sample(RequestKind(kind), *rest) for kind, *rest in samples],
            begun=outcome["begun"],
            ended=ended,
        ),
        crowd=outcome["answers"],
        seconds=seconds,
        crowd_share=outcome["cpu_seconds"] / seconds,
        server_share=used / seconds,
        runs=await server.runs_since(started),
        memory=Memory(before, max(held, default=before), after),
        lag=max(lags, default=nan),
        fate=fate or unsettled,
    )


async def _fate(server: Flooded, outcome: Order) -> str:
    """What has become of the server: empty where it lives."""
    if server.ended:
        return "died"
    if not outcome["in_time"] and not await server.answers():
        return "hung"
    return ""


async def _settled(server: Flooded, before: int) -> tuple[int, str]:
    """What the server holds once it has nothing to do, and what it did not get rid of in time."""
    deadline = monotonic() + _SETTLES_WITHIN
    while True:
        held, unfinished = server.resident_bytes(), await server.unfinished()
        if held <= before * MOST_GROWTH and not unfinished:
            return held, ""
        if monotonic() > deadline:
            return held, f"{unfinished} unfinished" if unfinished else "memory kept"
        await asyncio.sleep(0.5)
