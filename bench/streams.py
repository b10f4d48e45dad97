"""Streamed answers: how soon the first piece is there, and how fast many follow."""

from dataclasses import dataclass
from statistics import median

from bench.figures import median_of_medians, percentile, pooled
from bench.orders import Order
from bench.plan import Plan
from bench.stage import Stage
from bench.tables import ms, table, times
from bench.turns import WORDS, Streamed, streamed_turns


@dataclass(frozen=True, slots=True)
class Streams:
    """By server: rounds of short streams, and long ones. `alone`: chunks/s of a library's call."""

    short: dict[str, list[list[Streamed]]]
    long: dict[str, list[Streamed]]
    alone: dict[str, list[float]]

    def first(self, name: str) -> list[list[float]]:
        return [[stream.first for stream in streams] for streams in self.short[name]]

    def end(self, name: str) -> list[list[float]]:
        return [[stream.end for stream in streams] for streams in self.short[name]]

    def chunks_per_second(self, name: str) -> float:
        return median(stream.chunks / stream.last for stream in self.long[name])


async def measure(stage: Stage, plan: Plan) -> Streams:
    names = [subject.name for subject in stage.subjects]
    streams = Streams(
        {name: [] for name in names},
        {name: [] for name in names},
        {"httpx": [], "direct": [], "litellm": []},
    )
    for _ in range(plan.rounds):
        for subject in stage.subjects:
            streams.short[subject.name].append(
                await streamed_turns(subject, turns=plan.streams, count=WORDS)
            )
    for _ in range(plan.long_rounds):
        for subject in stage.subjects:
            streams.long[subject.name].extend(
                await streamed_turns(subject, turns=1, count=plan.long_words)
            )
        for how, speeds in streams.alone.items():
            order = Order(how, clients=1, calls=1, words=plan.long_words, streamed=True)
            (seconds,) = await stage.calls.seconds(order)
            speeds.append(plan.long_words / seconds)
    return streams


def report(streams: Streams, stage: Stage, plan: Plan) -> str:
    floor = stage.floor.name
    rows = []
    for subject in stage.subjects:
        first, speed = streams.first(subject.name), streams.chunks_per_second(subject.name)
        rows.append(
            (
                subject.name,
                ms(median_of_medians(first)),
                ms(percentile(pooled(first), 99)),
                times(median_of_medians(first) / median_of_medians(streams.first(floor))),
                ms(median_of_medians(streams.end(subject.name))),
                f"{speed:.0f}",
                times(streams.chunks_per_second(floor) / speed),
            )
        )
    for how, speeds in streams.alone.items():
        rows.append((f"{how} alone", "", "", "", "", f"{median(speeds):.0f}", ""))
    return table(
        f"Streams, one client: {WORDS} pieces for the times, {plan.long_words} for chunks/s",
        ("", "first p50 ms", "first p99 ms", "/ floor", "end p50 ms", "chunks/s", "floor /"),
        rows,
        "First: from the request to the first frame that carries text; end: to the last byte.",
        "chunks/s: all pieces over the time from the request to the last, median of rounds.",
    )
