"""The ways to a provider by themselves, with no server around: what a piece costs as streams grow.

A process asks the upstream with so many streams at once; then two processes do, at a number that
one alone is busy with. The upstream is a process too, and shares the cores with them.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from bench.orders import Calls, Order
from bench.plan import Plan
from bench.processes import running
from bench.provider import ProviderCalls, running_provider_calls
from bench.tables import table, times

WAYS: Final = ("httpx", "direct", "litellm")
SIZES: Final = (1, 8, 64, 256)
_BUSY: Final = 64
_WORDS: Final = 100
_CALLS_AT_LEAST: Final = 64


@dataclass(frozen=True, slots=True)
class ModelPaths:
    """Rounds by way and streams at once. `pairs`: both processes' of each round."""

    alone: dict[tuple[str, int], list[Calls]]
    pairs: dict[str, list[tuple[Calls, Calls]]]

    def cpu_per_piece(self, how: str, clients: int) -> float:
        return median(one.cpu / (len(one.seconds) * _WORDS) for one in self.alone[how, clients])

    def pieces_per_second(self, how: str, clients: int) -> float:
        return median(len(one.seconds) * _WORDS / one.elapsed for one in self.alone[how, clients])

    def pieces_per_second_of_two(self, how: str) -> float:
        return median(
            sum(len(one.seconds) * _WORDS / one.elapsed for one in pair) for pair in self.pairs[how]
        )

    def bytes_per_stream(self, how: str, clients: int) -> float:
        return max(one.grown for one in self.alone[how, clients]) / clients


async def measure(folder: Path, plan: Plan) -> ModelPaths:
    paths = ModelPaths({}, {how: [] for how in WAYS})
    async with running("paths-upstream", "bench.upstream", folder=folder) as fake:
        upstream = f"{fake.first_line}/v1"
        async with (
            running_provider_calls(upstream=upstream, folder=folder, name="one") as one,
            running_provider_calls(upstream=upstream, folder=folder, name="two") as two,
        ):
            for how in WAYS:
                for calls in (one, two):
                    await calls.carry_out(_order(how, 1))
            for clients in SIZES:
                for _ in range(plan.crowd_rounds):
                    for how in WAYS:
                        made = await one.carry_out(_order(how, clients))
                        paths.alone.setdefault((how, clients), []).append(made)
            for _ in range(plan.crowd_rounds):
                for how in WAYS:
                    paths.pairs[how].append(await _both(one, two, _order(how, _BUSY)))
    return paths


def report(paths: ModelPaths) -> str:
    rows = []
    for clients in SIZES:
        for how in WAYS:
            cost = paths.cpu_per_piece(how, clients)
            rows.append(
                (
                    f"{how}, {clients}",
                    f"{paths.pieces_per_second(how, clients):.0f}",
                    f"{cost * 1e6:.1f}",
                    times(cost / paths.cpu_per_piece(how, 1)),
                    f"{paths.bytes_per_stream(how, clients) / 1024:.0f}",
                )
            )
    rows += [
        (f"{how}, {_BUSY} in each of 2", f"{paths.pieces_per_second_of_two(how):.0f}", "", "", "")
        for how in WAYS
    ]
    return table(
        f"The way to a provider alone, streams of {_WORDS} pieces",
        ("", "pieces/s", "CPU us/piece", "/ 1 stream", "KB/stream"),
        rows,
        "CPU of the asking process. KB/stream: its memory at most, less that before, by streams.",
    )


def _order(how: str, clients: int) -> Order:
    calls = max(_CALLS_AT_LEAST, clients)
    return Order(how, clients=clients, calls=calls, words=_WORDS, streamed=True)


async def _both(one: ProviderCalls, two: ProviderCalls, order: Order) -> tuple[Calls, Calls]:
    first, second = await asyncio.gather(one.carry_out(order), two.carry_out(order))
    return first, second
