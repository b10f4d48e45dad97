"""What was aimed at, beside what was measured."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from statistics import median
from typing import Final

from bench.cold_start import ColdStarts
from bench.crowds import EIGHT, Crowds
from bench.figures import median_of_medians
from bench.long_threads import LongThreads
from bench.memory import Resident
from bench.plan import Plan
from bench.quality import HYBRID, Quality
from bench.round_trips import RoundTrips
from bench.search import Searches
from bench.stage import Stage
from bench.streams import Streams
from bench.tables import table

_MOST_TIMES_FLOOR = 2.5
_MOST_TIMES_FIRST = 2.0
_MOST_TIMES_SLOWER = 2.0
_MOST_TIMES_FEWER = 3.0
_MOST_GROWTH = 1.4
_MOST_SECONDS = 3.0
_MOST_MEGABYTES = 130.0
_MOST_SEARCH_MS = 30.0
_METRICS: Final = ("recall@1", "recall@5", "nDCG@10")


@dataclass(frozen=True, slots=True)
class Aim:
    label: str
    most: float
    measured: float
    unit: str

    def row(self) -> tuple[str, str, str, str]:
        met = "met" if self.measured <= self.most else "NOT MET"
        return (
            self.label,
            f"{self.most:g}{self.unit}",
            f"{self.measured:.2f}{self.unit}",
            met,
        )


def of_messages(
    stage: Stage,
    plan: Plan,
    *,
    trips: list[RoundTrips],
    streamed: Streams,
    long: LongThreads,
    starts: ColdStarts,
    resident: Resident,
) -> list[Aim]:
    floor, direct = stage.floor.name, stage.direct.name
    return [
        *(
            Aim(
                f"whole answer, p50 / floor, {one.clients} client(s)",
                _MOST_TIMES_FLOOR,
                one.p50(direct) / one.p50(floor),
                "x",
            )
            for one in trips
        ),
        *(
            Aim(
                f"turn {plan.turns} / turn 1, {subject.name}",
                _MOST_GROWTH,
                long.growth(subject.name),
                "x",
            )
            for subject in (stage.direct, stage.real)
        ),
        Aim(
            "first piece / floor",
            _MOST_TIMES_FIRST,
            median_of_medians(streamed.first(direct)) / median_of_medians(streamed.first(floor)),
            "x",
        ),
        Aim(
            "end of a stream / floor",
            _MOST_TIMES_FLOOR,
            median_of_medians(streamed.end(direct)) / median_of_medians(streamed.end(floor)),
            "x",
        ),
        Aim(
            "floor's pieces a second / ours",
            _MOST_TIMES_SLOWER,
            streamed.chunks_per_second(floor) / streamed.chunks_per_second(direct),
            "x",
        ),
        Aim("cold start, empty folder", _MOST_SECONDS, median(starts.empty), " s"),
        Aim("cold start, existing folder", _MOST_SECONDS, median(starts.existing), " s"),
        Aim(
            "RSS without litellm, at the end",
            _MOST_MEGABYTES,
            resident[direct] / 1e6,
            " MB",
        ),
    ]


def of_crowds(crowds: Crowds, stage: Stage) -> list[Aim]:
    fewer = crowds.messages_per_second(stage.floor.name, EIGHT) / crowds.messages_per_second(
        stage.direct.name, EIGHT
    )
    return [
        Aim("floor's messages a second / ours, 8 streams", _MOST_TIMES_FEWER, fewer, "x"),
    ]


def of_search(searches: Searches) -> list[Aim]:
    fewest, most = min(searches.seconds), max(searches.seconds)
    growth = searches.p50(most) / searches.p50(fewest)
    return [
        Aim(f"search p95, {most:,} chunks", _MOST_SEARCH_MS, searches.p95(most) * 1000, " ms"),
        Aim(f"search p50, {most:,} / {fewest:,} chunks", most / fewest, growth, "x"),
    ]


def of_quality(quality: Quality) -> list[Aim]:
    """The hybrid search should never be below the better of the two it is made of."""
    parts = [astuple(quality.figures(how)) for how in quality.ranks if how != HYBRID]
    better = [max(both) for both in zip(*parts, strict=True)]
    hybrid = astuple(quality.figures(HYBRID))
    return [
        Aim(f"{metric}, hybrid below the better of the two", 0, best - reached, "")
        for metric, best, reached in zip(_METRICS, better, hybrid, strict=True)
    ]


def report(aims: Sequence[Aim]) -> str:
    return table("Aims", ("", "at most", "measured", ""), [aim.row() for aim in aims])
