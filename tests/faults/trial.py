"""A trial: clients at work on a cluster that is being killed, and what is left of their work."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import monotonic
from typing import Final

import httpx

from pegboard.db.engine import open_engine
from tests.faults.calling import Caller
from tests.faults.checking import Checker, Findings
from tests.faults.clients import (
    Asker,
    Client,
    Listener,
    Neighbour,
    Rememberer,
    Shared,
    ToolUser,
    Uploader,
    go_on,
)
from tests.faults.cluster import Cluster
from tests.faults.floods import Flood
from tests.faults.history import Record
from tests.faults.loading import Load, loaded
from tests.faults.nemesis import Blow, Hit, Killer

Over = Callable[[Sequence[Hit]], bool]

PATIENCE: Final = 12.0
_KEYS = ("one", "other", "third")
_ENDS = """
    SELECT status, coalesce(error_code, ''), count(*) FROM runs
    WHERE id = ANY(:ids) GROUP BY 1, 2 ORDER BY 3 DESC
"""


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many clients of each kind; `shared` threads have three neighbours each."""

    listeners: int
    askers: int
    tool_users: int
    uploaders: int
    rememberers: int
    shared: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How often each blow falls, and how long the longest rest between two is, in seconds.

    Each waits until `least` runs are in flight, but no longer than PATIENCE.
    """

    blows: dict[Blow, int]
    rest: float
    least: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """`ends`: (status, error) of the runs that were hit, and how many there are of each."""

    seed: int
    seconds: float
    hits: Sequence[Hit]
    ends: Counter[str]
    record: Record
    findings: Findings
    log: Sequence[str]
    load: Load


async def hold(
    url: str,
    folder: Path,
    *,
    seed: int,
    crowd: Crowd,
    pace: Pace,
    over: Over,
    postmaster: Callable[[], int | None] = lambda: None,
    floods: Sequence[Flood] = (),
) -> Outcome:
    """Kill until it is `over`, let the clients come to an end, and check.

    `floods` are what another tenant does to all servers as long as blows fall.
    """
    begun, random, record = monotonic(), Random(seed), Record()
    cluster = Cluster(url, folder, open_engine(url, pool_size=4))
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
    try:
        await cluster.open(2, worker=Blow.WORKER in pace.blows)
        async with httpx.AsyncClient(limits=limits, timeout=60, verify=False) as http:
            clients = _clients(crowd, cluster, http, record, seed)
            await asyncio.gather(*(client.open() for client in clients))
            stopped = asyncio.Event()
            going = [asyncio.create_task(go_on(client, stopped)) for client in clients]
            killer = Killer(cluster, random, postmaster)
            blows, weights = list(pace.blows), list(pace.blows.values())
            async with loaded(cluster, floods) as load:
                while not over(killer.hits):
                    await asyncio.sleep(random.uniform(0.2, pace.rest))
                    await _busy(killer, pace.least)
                    await killer.strike(random.choices(blows, weights)[0])
            stopped.set()
            await asyncio.gather(*going)
            await killer.watched()
            findings = await Checker(cluster, record, [one.caller for one in clients]).check()
        for hit in killer.hits:
            findings.stuck += [f"run {run_id} after: {hit.blow}" for run_id in hit.stuck]
        ids = list(set().union(*(hit.victims for hit in killer.hits)))
        ends = Counter[str]()
        for status, error, count in await cluster.rows(_ENDS, ids=ids):
            ends[f"{status} ({error})" if error else str(status)] += int(str(count))
    finally:
        await cluster.close()
    findings.stuck += [f"{name} did not stop when told to" for name in cluster.deaf]
    seconds = monotonic() - begun
    return Outcome(seed, seconds, killer.hits, ends, record, findings, cluster.log, load)


async def _busy(killer: Killer, least: int) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while await killer.in_flight() < least:  # noqa: ASYNC110  the database sets no event
                await asyncio.sleep(0.1)


def _clients(
    crowd: Crowd, cluster: Cluster, http: httpx.AsyncClient, record: Record, seed: int
) -> list[Client]:
    def caller(kind: str, number: int) -> Caller:
        name = f"{kind}{number}"
        key = _KEYS[number % len(_KEYS)]
        return Caller(
            name, key=key, cluster=cluster, http=http, record=record, seed=f"{seed} {name}"
        )

    shared = [Shared() for _ in range(crowd.shared)]
    return [
        *(Listener(caller("listener", number)) for number in range(crowd.listeners)),
        *(Asker(caller("asker", number)) for number in range(crowd.askers)),
        *(ToolUser(caller("tooluser", number)) for number in range(crowd.tool_users)),
        *(Uploader(caller("uploader", number)) for number in range(crowd.uploaders)),
        *(Rememberer(caller("rememberer", number)) for number in range(crowd.rememberers)),
        *(
            # Neighbours share a key, and so must be numbered by their thread.
            Neighbour(caller(f"neighbour{which}x", at), shared[at])
            for at in range(crowd.shared)
            for which in range(3)
        ),
    ]
