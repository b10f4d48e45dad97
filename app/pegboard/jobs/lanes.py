"""Take jobs from the queue tenant by tenant, in turn.

The jobs of one kind and one tenant are a lane. Each taking goes on from the lane that was served
last and takes the oldest job that is due of each lane once, so that whoever has one job waits for
one of each other tenant's and not for thousands. A process works at so many jobs of a kind at once,
at fewer of one lane, so that one tenant's long ones leave a place for somebody else's.

The order is made in taking, not in asking: whoever asks for work takes no lock and reads nothing
for it, and a tenant's share does not depend on how many transactions asked at once. A taking costs
one descent of an index for each lane it looks at, however many jobs wait in it.
"""

from collections import Counter
from collections.abc import Container
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job
from pgqueuer.ports.repository import EntrypointExecutionParameter
from pgqueuer.queries import Queries
from pgqueuer.types import JobId, QueueEntrypoint, QueueManagerId

from pegboard.jobs.queue import TENANT

LANE: Final = f"coalesce(headers ->> '{TENANT}', '')"
"""A job's lane, as `ix_pgqueuer_lane` has it; what belongs to no tenant shares one."""

_WAITING: Final = "FROM pgqueuer WHERE entrypoint = $1 AND status = 'queued'"

# Lanes are walked by descending the index anew for each (a loose index scan): Postgres has no other
# way to find the distinct values of a column without reading all rows. CTEs yield as they are
# asked, so that what is behind the last lane that is needed is never looked at. Where all jobs are
# for later, as of files that expire, none is.
_TAKE: Final = f"""
    WITH RECURSIVE due_at_all AS (
        SELECT EXISTS (SELECT 1 {_WAITING} AND execute_after <= now()) AS so
    ), ahead(lane) AS (
        (
            SELECT {LANE} {_WAITING} AND {LANE} > $2 AND (SELECT so FROM due_at_all)
            ORDER BY {LANE} LIMIT 1
        )
        UNION ALL
        SELECT (SELECT {LANE} {_WAITING} AND {LANE} > ahead.lane ORDER BY {LANE} LIMIT 1)
        FROM ahead WHERE ahead.lane IS NOT NULL
    ), behind(lane) AS (
        (
            SELECT {LANE} {_WAITING} AND {LANE} <= $2 AND (SELECT so FROM due_at_all)
            ORDER BY {LANE} LIMIT 1
        )
        UNION ALL
        SELECT (
            SELECT {LANE} {_WAITING} AND {LANE} > behind.lane AND {LANE} <= $2
            ORDER BY {LANE} LIMIT 1
        )
        FROM behind WHERE behind.lane IS NOT NULL
    ), due AS (
        SELECT oldest.id
        FROM (SELECT lane FROM ahead UNION ALL SELECT lane FROM behind) AS lanes
        CROSS JOIN LATERAL (
            SELECT id {_WAITING} AND {LANE} = lanes.lane AND execute_after <= now()
            ORDER BY execute_after, id
            LIMIT 1
            FOR UPDATE SKIP LOCKED
        ) AS oldest
        WHERE lanes.lane <> ALL ($3::text[])
        LIMIT $4
    ), abandoned AS (
        SELECT id FROM pgqueuer
        WHERE entrypoint = $1 AND status = 'picked' AND heartbeat < now() - $6::interval
            AND queue_manager_id <> $5 AND {LANE} <> ALL ($3::text[])
        ORDER BY heartbeat
        LIMIT 1
        FOR UPDATE SKIP LOCKED
    ), next AS (
        SELECT id, row_number() OVER () AS turn
        FROM (SELECT id FROM abandoned UNION ALL SELECT id FROM due LIMIT $4) AS found
    ), taken AS (
        UPDATE pgqueuer
        SET status = 'picked', updated = now(), heartbeat = now(), queue_manager_id = $5
        FROM next
        WHERE pgqueuer.id = next.id
        RETURNING pgqueuer.*, next.turn
    )
    SELECT * FROM taken ORDER BY turn
"""  # noqa: S608  the interpolated texts are constants


@dataclass(frozen=True, slots=True)
class Places:
    """At how many jobs of a kind a process works at once, and at how many of one tenant."""

    in_all: int
    per_tenant: int


class FairQueries(Queries):
    """pgqueuer's queries with another order of taking. `running`: the jobs that are not over."""

    def __init__(
        self, driver: AsyncpgDriver, places: Places, *, running: Container[JobId] = ()
    ) -> None:
        super().__init__(driver)
        self.running = running
        self._places = places
        self._lanes: dict[JobId, tuple[str, str]] = {}
        self._served: dict[str, str] = {}

    async def dequeue(
        self,
        batch_size: int,
        entrypoints: dict[QueueEntrypoint, EntrypointExecutionParameter],
        queue_manager_id: QueueManagerId,
        global_concurrency_limit: int | None,
        heartbeat_timeout: timedelta,
    ) -> list[Job]:
        """One job of each lane, as far as there are places; also those that others abandoned.

        The other limits that pgqueuer knows are not used: places are counted for each kind.
        """
        self._lanes = {job: lane for job, lane in self._lanes.items() if job in self.running}
        jobs: list[Job] = []
        for kind in entrypoints:
            jobs += await self._take(kind, queue_manager_id, heartbeat_timeout)
        return jobs

    async def _take(self, kind: str, manager: QueueManagerId, abandoned: timedelta) -> list[Job]:
        held = Counter(lane for of, lane in self._lanes.values() if of == kind)
        free = self._places.in_all - held.total()
        if free <= 0:
            return []
        full = [lane for lane, jobs in held.items() if jobs >= self._places.per_tenant]
        served = self._served.get(kind, "")
        rows = await self.driver.fetch(_TAKE, kind, served, full, free, manager, abandoned)
        jobs = [Job.model_validate(row) for row in rows]
        for job in jobs:
            lane = str((job.headers or {}).get(TENANT, ""))
            self._lanes[job.id] = (kind, lane)
            self._served[kind] = lane
        return jobs
