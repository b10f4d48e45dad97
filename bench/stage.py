"""All that a run of the bench is measured on, started together and gone together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.orders import Order
from bench.postgres import new_database, running_postgres
from bench.processes import running
from bench.provider import ProviderCalls, running_provider_calls
from bench.subjects import Floor, Pegboard, Subject, running_floor, running_pegboard
from bench.turns import WORDS, streamed_turns, whole_turns

_WARM_UP_TURNS: Final = 20
_WARM_UP_CLIENTS: Final = 8


@dataclass(frozen=True, slots=True)
class Stage:
    """`direct` asks the upstream without litellm, `real` through it; `sandbox` asks nobody."""

    floor: Floor
    sandbox: Pegboard
    direct: Pegboard
    real: Pegboard
    calls: ProviderCalls

    @property
    def subjects(self) -> tuple[Subject, ...]:
        return (self.floor, self.sandbox, self.direct, self.real)


@asynccontextmanager
async def open_stage(folder: Path) -> AsyncIterator[Stage]:
    """Every server has answered before the block begins, so that what is loaded late is loaded."""
    async with (
        running_postgres(folder / "postgres") as address,
        running("upstream", "bench.upstream", folder=folder) as fake,
    ):
        upstream = f"{fake.first_line}/v1"
        async with (
            running_provider_calls(upstream=upstream, folder=folder) as calls,
            running_floor(
                database=await new_database(address, "floor"), upstream=upstream, folder=folder
            ) as floor,
            running_pegboard(
                "Pegboard, sandbox",
                database=await new_database(address, "pegboard_sandbox"),
                upstream=None,
                folder=folder,
            ) as sandbox,
            running_pegboard(
                "Pegboard, direct",
                database=await new_database(address, "pegboard_direct"),
                upstream=upstream,
                folder=folder,
            ) as direct,
            running_pegboard(
                "Pegboard, litellm",
                database=await new_database(address, "pegboard_litellm"),
                upstream=upstream,
                folder=folder,
                PEGBOARD_MODEL_PATH="litellm",
            ) as real,
        ):
            stage = Stage(floor, sandbox, direct, real, calls)
            await _warm_up(stage)
            yield stage


async def _warm_up(stage: Stage) -> None:
    """Long enough for litellm to be loaded and for pools to have their connections."""
    for subject in stage.subjects:
        await whole_turns(subject, clients=1, turns=_WARM_UP_TURNS)
        await whole_turns(subject, clients=_WARM_UP_CLIENTS, turns=2 * _WARM_UP_CLIENTS)
        await streamed_turns(subject, turns=_WARM_UP_TURNS, count=WORDS)
    for how in ("httpx", "direct", "litellm"):
        for streamed in (False, True):
            order = Order(how, clients=1, calls=_WARM_UP_TURNS, words=WORDS, streamed=streamed)
            await stage.calls.seconds(order)
