"""Kill processes at random moments, and watch how long their runs wait for somebody else."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from time import monotonic
from typing import Final
from uuid import UUID

from tests.faults.cluster import Cluster, Member

FROZEN_SECONDS: Final = 12.0
"""Longer than a lease, so that a frozen server is taken for dead."""

WATCHED_SECONDS: Final = 40.0
"""How long a run may wait to be taken up before it counts as stuck."""

_LOOK_SECONDS: Final = 0.05
_IN_FLIGHT: Final = """
    SELECT id, lease_owner, attempts FROM runs
    WHERE status IN ('in_progress', 'cancelling') AND lease_owner IS NOT NULL
"""
_NOW: Final = "SELECT id, attempts, status FROM runs WHERE id = ANY(:ids)"


class Blow(StrEnum):
    """What is hit. Of Postgres either its first process, or one of its backends."""

    SERVER = "one server killed"
    ALL = "both servers killed at once"
    FREEZE = "one server frozen for 12 s"
    WORKER = "worker killed"
    POSTGRES = "Postgres killed"
    BACKEND = "a backend of Postgres killed"


@dataclass(slots=True)
class Hit:
    """One blow. `waits`: seconds from it until somebody else wrote to each run in flight.

    `by_themselves` are those that had ended with the last words of their process.
    """

    blow: Blow
    victims: set[UUID]
    waits: list[float] = field(default_factory=list)
    by_themselves: int = 0
    stuck: set[UUID] = field(default_factory=set)


class Killer:
    def __init__(
        self, cluster: Cluster, random: Random, postmaster: Callable[[], int | None]
    ) -> None:
        """`postmaster` tells the process number of Postgres, where it may be killed."""
        self.hits: list[Hit] = []
        self._fleet = cluster
        self._random = random
        self._postmaster = postmaster
        self._watches: set[asyncio.Task[None]] = set()

    async def strike(self, blow: Blow) -> Hit:
        """Return when all is up again; the runs may still be waiting."""
        strikes: dict[Blow, Callable[[], Awaitable[Hit]]] = {
            Blow.SERVER: self._server,
            Blow.ALL: self._all,
            Blow.FREEZE: self._freeze,
            Blow.WORKER: self._worker,
            Blow.POSTGRES: self._postgres,
            Blow.BACKEND: self._backend,
        }
        hit = await strikes[blow]()
        self.hits.append(hit)
        return hit

    async def in_flight(self) -> int:
        return len(await self._fleet.rows(_IN_FLIGHT))

    async def watched(self) -> None:
        """Return when it is known what became of every run that was hit."""
        if self._watches:
            await asyncio.gather(*self._watches)

    async def _server(self) -> Hit:
        member = await self._busier()
        return await self._killed(Blow.SERVER, [member])

    async def _busier(self) -> Member:
        """Who has most to lose; one that has just been started again has nothing yet."""
        rows = await self._fleet.rows(_IN_FLIGHT)
        owners = [row[1] for row in rows]
        return max(self._fleet.members, key=lambda member: owners.count(member.owner_id))

    async def _all(self) -> Hit:
        return await self._killed(Blow.ALL, self._fleet.members)

    async def _killed(self, blow: Blow, members: list[Member]) -> Hit:
        await asyncio.gather(*map(self._fleet.kill, members))
        hit = await self._hit(blow, {member.owner_id for member in members})
        await asyncio.gather(*map(self._fleet.revive, members))
        return hit

    async def _freeze(self) -> Hit:
        member = await self._busier()
        frozen = asyncio.create_task(self._fleet.freeze(member, FROZEN_SECONDS))
        await asyncio.sleep(0)
        hit = await self._hit(Blow.FREEZE, {member.owner_id})
        await frozen
        return hit

    async def _worker(self) -> Hit:
        """What no server executes, and none has left behind, is the worker's."""
        await self._fleet.kill_worker()
        hit = await self._hit(Blow.WORKER, self._fleet.owners(), others=True)
        self._fleet.start_worker()
        return hit

    async def _postgres(self) -> Hit:
        rows = await self._fleet.rows(_IN_FLIGHT)
        postmaster = self._postmaster()
        assert postmaster is not None
        os.kill(postmaster, signal.SIGKILL)
        return Hit(Blow.POSTGRES, {_id(row) for row in rows})

    async def _backend(self) -> Hit:
        """Postgres ends all of its backends where one is killed, and recovers as after a crash."""
        rows = await self._fleet.rows(_IN_FLIGHT)
        pids = await self._fleet.rows(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'pegboard' "
            "AND pid <> pg_backend_pid()"
        )
        if pids:
            os.kill(int(str(self._random.choice(pids)[0])), signal.SIGKILL)
        return Hit(Blow.BACKEND, {_id(row) for row in rows})

    async def _hit(self, blow: Blow, owners: set[UUID], *, others: bool = False) -> Hit:
        struck = monotonic()
        rows = await self._fleet.rows(_IN_FLIGHT)
        waiting = {_id(row): row[2] for row in rows if (row[1] in owners) is not others}
        hit = Hit(blow, set(waiting))
        watch = asyncio.create_task(self._watch(hit, waiting, struck))
        self._watches.add(watch)
        return hit

    async def _watch(self, hit: Hit, waiting: dict[UUID, object], struck: float) -> None:
        while waiting and monotonic() - struck < WATCHED_SECONDS:
            rows = await self._fleet.rows(_NOW, ids=list(waiting))
            for run_id, attempts, status in rows:
                assert isinstance(run_id, UUID)
                if attempts != waiting[run_id]:
                    hit.waits.append(monotonic() - struck)
                elif status not in {"in_progress", "cancelling"}:
                    hit.by_themselves += 1
                else:
                    continue
                del waiting[run_id]
            await asyncio.sleep(_LOOK_SECONDS)
        hit.stuck = set(waiting)


def _id(row: tuple[object, ...]) -> UUID:
    assert isinstance(row[0], UUID)
    return row[0]
