"""Whether a message costs more at the end of a long thread than at its beginning."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from bench.orders import Order
from bench.plan import Plan
from bench.stage import Stage
from bench.tables import ms, table, times
from bench.turns import WORDS, one_thread

_NEIGHBOURS: Final = 5
"""Turns that stand for turn 1, and as many for the last: one alone is chance."""


@dataclass(frozen=True, slots=True)
class LongThreads:
    """By server: the seconds of each turn of several threads. By library: those of its calls with
    an empty past, and with all but the last turn behind."""

    threads: dict[str, list[list[float]]]
    alone: dict[str, tuple[list[float], list[float]]]

    def first(self, name: str) -> float:
        return _of_all([turns[:_NEIGHBOURS] for turns in self.threads[name]])

    def last(self, name: str) -> float:
        return _of_all([turns[-_NEIGHBOURS:] for turns in self.threads[name]])

    def growth(self, name: str) -> float:
        return self.last(name) / self.first(name)


async def measure(stage: Stage, plan: Plan) -> LongThreads:
    long = LongThreads(
        {subject.name: [] for subject in stage.subjects},
        {how: ([], []) for how in ("httpx", "direct", "litellm")},
    )
    for _ in range(plan.threads):
        for subject in stage.subjects:
            long.threads[subject.name].append(await one_thread(subject, turns=plan.turns))
        for how, calls in long.alone.items():
            for past, seconds in zip((0, plan.turns - 1), calls, strict=True):
                order = Order(how, clients=1, calls=_NEIGHBOURS, words=WORDS, past=past)
                seconds.extend(await stage.calls.seconds(order))
    return long


def report(long: LongThreads, stage: Stage, plan: Plan) -> str:
    rows = [
        (
            subject.name,
            ms(long.first(subject.name)),
            ms(long.last(subject.name)),
            times(long.growth(subject.name)),
        )
        for subject in stage.subjects
    ]
    for how, (first, last) in long.alone.items():
        growth = times(median(last) / median(first))
        rows.append((f"{how} alone", ms(median(first)), ms(median(last)), growth))
    return table(
        f"Turn {plan.turns} of a thread against turn 1, whole answers, one client",
        ("", "turn 1 p50 ms", f"turn {plan.turns} p50 ms", "ratio"),
        rows,
        f"Medians of turns 1 to {_NEIGHBOURS} and of the last {_NEIGHBOURS}, "
        f"of {plan.threads} new thread(s).",
        "All that was said goes to the model each time; alone: a prompt of the same length.",
    )


def _of_all(turns: Sequence[Sequence[float]]) -> float:
    return median(seconds for some in turns for seconds in some)
