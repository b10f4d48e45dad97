"""A message and its whole answer, by one client and by eight at once.

Servers take turns batch by batch, and so do litellm and httpx alone. What litellm costs by itself
is the time of its call less that of the same call by httpx, which the floor makes as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from bench.figures import median_of_medians, percentile, pooled
from bench.orders import Order
from bench.plan import Plan
from bench.stage import Stage
from bench.tables import ms, table, times
from bench.turns import WORDS, Batch, whole_turns

CROWD: Final = 8


@dataclass(frozen=True, slots=True)
class RoundTrips:
    """Batches by server, and seconds of calls to the upstream by library, at `clients` at once."""

    clients: int
    batches: dict[str, list[Batch]]
    calls: dict[str, list[list[float]]]

    def p50(self, name: str) -> float:
        return median_of_medians([batch.seconds for batch in self.batches[name]])

    def p99(self, name: str) -> float:
        return percentile(pooled([batch.seconds for batch in self.batches[name]]), 99)

    def per_second(self, name: str) -> float:
        return median(batch.per_second for batch in self.batches[name])

    @property
    def litellm_own(self) -> float:
        """Seconds that litellm adds to a call."""
        litellm, plain = self.calls["litellm"], self.calls["httpx"]
        pairs = zip(litellm, plain, strict=True)
        return median(median(one) - median(other) for one, other in pairs)

    @property
    def httpx(self) -> float:
        return median_of_medians(self.calls["httpx"])


async def measure(stage: Stage, plan: Plan, *, clients: int) -> RoundTrips:
    turns = plan.alone if clients == 1 else plan.crowd
    trips = RoundTrips(
        clients,
        {subject.name: [] for subject in stage.subjects},
        {"httpx": [], "direct": [], "litellm": []},
    )
    for _ in range(plan.rounds):
        for subject in stage.subjects:
            batch = await whole_turns(subject, clients=clients, turns=turns)
            trips.batches[subject.name].append(batch)
        for how, calls in trips.calls.items():
            order = Order(how, clients=clients, calls=turns, words=WORDS)
            calls.append(await stage.calls.seconds(order))
    return trips


def without_litellm(trips: RoundTrips, stage: Stage) -> float:
    """Our p50 through litellm less litellm's own cost, against the floor's."""
    return (trips.p50(stage.real.name) - trips.litellm_own) / trips.p50(stage.floor.name)


def report(measured: Sequence[RoundTrips], stage: Stage) -> str:
    rows = [
        (
            f"{subject.name}, {trips.clients} client{'s' if trips.clients > 1 else ''}",
            ms(trips.p50(subject.name)),
            ms(trips.p99(subject.name)),
            f"{trips.per_second(subject.name):.0f}",
            times(trips.p50(subject.name) / trips.p50(stage.floor.name)),
        )
        for trips in measured
        for subject in stage.subjects
    ]
    return table(
        f"Round trip of a message with a whole answer of {WORDS} words",
        ("", "p50 ms", "p99 ms", "messages/s", "p50 / floor"),
        rows,
        "p50 and messages/s: median of rounds; p99: of all rounds together.",
    )


def report_litellm(measured: Sequence[RoundTrips], stage: Stage) -> str:
    """litellm's own cost apart."""
    rows = []
    for trips in measured:
        real, floor = trips.p50(stage.real.name), trips.p50(stage.floor.name)
        sandbox = trips.p50(stage.sandbox.name)
        rows.append(
            (
                str(trips.clients),
                ms(trips.httpx),
                ms(median_of_medians(trips.calls["litellm"])),
                ms(trips.litellm_own),
                ms(real - trips.litellm_own),
                times(without_litellm(trips, stage)),
                ms(sandbox + trips.httpx),
                times((sandbox + trips.httpx) / floor),
            )
        )
    return table(
        "litellm's own cost apart (p50 ms)",
        (
            "clients",
            "[1] httpx call",
            "[2] litellm call",
            "[3] own = 2 - 1",
            "[4] Pegboard - 3",
            "4 / floor",
            "[5] sandbox + 1",
            "5 / floor",
        ),
        rows,
        "1 and 2 ask the same upstream from a program with nothing else in it.",
        "4 is Pegboard through litellm as if litellm were httpx. 5 gets there from the other side:",
        "the sandbox answers inside Pegboard, so the call that the floor makes is added.",
    )
