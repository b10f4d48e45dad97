"""A short trial with a seed: servers are killed under clients that remember what they were told."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults.nemesis import Blow, Hit
from tests.faults.trial import Crowd, Pace, hold
from tests.support.postgres import new_database

CROWD = Crowd(listeners=6, askers=3, tool_users=3, uploaders=1, rememberers=1, shared=1)
PACE = Pace({Blow.SERVER: 3, Blow.ALL: 1}, rest=1.0, least=6)
BLOWS = 2


@pytest.mark.requirement("runs.survive-crash")
async def test_nothing_acknowledged_is_lost_doubled_or_stuck_where_servers_are_killed(
    postgres_url: str, tmp_path: Path
) -> None:
    def over(hits: Sequence[Hit]) -> bool:
        return len(hits) == BLOWS

    url = await asyncio.to_thread(new_database, postgres_url)
    outcome = await hold(url, tmp_path, seed=20, crowd=CROWD, pace=PACE, over=over)
    assert outcome.findings.all() == []
    assert sum(len(hit.waits) for hit in outcome.hits) > 0
