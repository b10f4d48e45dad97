"""What was aimed at, beside what was measured."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from statistics import median
from typing import Final

from bench import round_trips
from bench.cold_start import ColdStarts
from bench.long_threads import LongThreads
from bench.memory import Resident
from bench.plan import Plan
from bench.quality import HYBRID, Quality
from bench.round_trips import RoundTrips
from bench.search import Searches
from bench.stage import Stage
from bench.tables import table

_MOST_TIMES_FLOOR = 3.0
_MOST_GROWTH = 1.5
_MOST_SECONDS = 3.0
_MOST_MEGABYTES = 180.0
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
    long: LongThreads,
    starts: ColdStarts,
    resident: Resident,
) -> list[Aim]:
    return [
        *(
            Aim(
                f"p50 / floor, {one.clients} client(s), litellm's own cost apart",
                _MOST_TIMES_FLOOR,
                round_trips.without_litellm(one, stage),
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
            for subject in (stage.sandbox, stage.real)
        ),
        Aim("cold start, empty folder", _MOST_SECONDS, median(starts.empty), " s"),
        Aim("cold start, existing folder", _MOST_SECONDS, median(starts.existing), " s"),
        Aim(
            "RSS without litellm, at the end",
            _MOST_MEGABYTES,
            resident[stage.sandbox.name] / 1e6,
            " MB",
        ),
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
