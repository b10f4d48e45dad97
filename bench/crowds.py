"""Streams of many clients at once, by server: what a core carries, and what a stream weighs."""

from dataclasses import dataclass
from statistics import median
from typing import Final

from bench.figures import percentile
from bench.plan import Plan
from bench.stage import Stage
from bench.subjects import Subject
from bench.tables import ms, table, times
from bench.turns import WORDS, Streamed, crowd_of_streams

EIGHT: Final = 8
SIZES: Final = (1, EIGHT, 64, 256)
_STREAMS_AT_LEAST: Final = 128


@dataclass(frozen=True, slots=True)
class Crowd:
    """Seconds of all streams together; `grown`: bytes that the server has more after them."""

    streams: list[Streamed]
    elapsed: float
    grown: int


@dataclass(frozen=True, slots=True)
class Crowds:
    """Rounds by server and number of clients."""

    rounds: dict[tuple[str, int], list[Crowd]]

    def messages_per_second(self, name: str, clients: int) -> float:
        return median(len(one.streams) / one.elapsed for one in self.rounds[name, clients])

    def first(self, name: str, clients: int) -> list[float]:
        return [stream.first for one in self.rounds[name, clients] for stream in one.streams]

    def bytes_per_stream(self, name: str, clients: int) -> float:
        """Of the first round: later ones use again what was freed."""
        return max(0, self.rounds[name, clients][0].grown) / clients


async def measure(stage: Stage, plan: Plan) -> Crowds:
    crowds = Crowds({})
    for clients in SIZES:
        for _ in range(plan.crowd_rounds):
            for subject in _subjects(stage):
                turns = max(1, _STREAMS_AT_LEAST // clients)
                before = subject.program.resident_bytes()
                streams, elapsed = await crowd_of_streams(
                    subject, clients=clients, turns=turns, count=WORDS
                )
                grown = subject.program.resident_bytes() - before
                rounds = crowds.rounds.setdefault((subject.name, clients), [])
                rounds.append(Crowd(streams, elapsed, grown))
    return crowds


def report(crowds: Crowds, stage: Stage) -> str:
    floor = stage.floor.name
    rows = []
    for clients in SIZES:
        for subject in _subjects(stage):
            name = subject.name
            speed, first = crowds.messages_per_second(name, clients), crowds.first(name, clients)
            rows.append(
                (
                    f"{name}, {clients}",
                    f"{speed:.0f}",
                    f"{speed * WORDS:.0f}",
                    times(crowds.messages_per_second(floor, clients) / speed),
                    ms(median(first)),
                    ms(percentile(first, 99)),
                    f"{crowds.bytes_per_stream(name, clients) / 1024:.0f}",
                )
            )
    return table(
        f"Streams of many clients at once, {WORDS} pieces each",
        ("", "streams/s", "pieces/s", "floor /", "first p50 ms", "first p99 ms", "KB/stream"),
        rows,
        "KB/stream: by how much the server's memory grew in the first round, for each client.",
    )


def _subjects(stage: Stage) -> tuple[Subject, ...]:
    return (stage.floor, stage.direct, stage.real)
