"""The load beside a trial: another process floods the servers of a cluster amid the kills."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from tests.faults.cluster import Cluster
from tests.faults.floods import Flood

_LOOK_SECONDS: Final = 0.2
_ENDS_WITHIN: Final = 30.0


@dataclass(slots=True)
class Load:
    """Known once it is over: by flood and outcome how many requests, and its share of one core."""

    answers: dict[Flood, dict[str, int]] = field(default_factory=dict)
    share: float = 0.0


@asynccontextmanager
async def loaded(cluster: Cluster, floods: Sequence[Flood]) -> AsyncIterator[Load]:
    """Flood the cluster for as long as the block lasts; not at all without `floods`."""
    load = Load()
    if not floods:
        yield load
        return
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.floods", *floods),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    telling = asyncio.create_task(_tell(cluster, process))
    try:
        yield load
        telling.cancel()
        assert process.stdin is not None
        process.stdin.close()
        async with asyncio.timeout(_ENDS_WITHIN):
            output, _ = await process.communicate()
    finally:
        telling.cancel()
        if process.returncode is None:
            process.kill()
            await process.wait()
    counted = json.loads(output)
    load.share = counted["share"]
    for name, times in counted["answers"].items():
        flood, _, outcome = name.partition(":")
        load.answers.setdefault(Flood(flood), {})[outcome] = times


async def _tell(cluster: Cluster, process: asyncio.subprocess.Process) -> None:
    """Where servers are: each has another address once it was started again."""
    assert process.stdin is not None
    known: list[str] = []
    while True:
        if known != cluster.urls():
            known = cluster.urls()
            process.stdin.write(json.dumps(known).encode() + b"\n")
            await process.stdin.drain()
        await asyncio.sleep(_LOOK_SECONDS)
