"""What was aimed at, beside what was measured."""

from dataclasses import dataclass
from statistics import median

from bench import round_trips
from bench.cold_start import ColdStarts
from bench.long_threads import LongThreads
from bench.memory import Resident
from bench.plan import Plan
from bench.round_trips import RoundTrips
from bench.stage import Stage
from bench.tables import table

_MOST_TIMES_FLOOR = 3.0
_MOST_GROWTH = 1.5
_MOST_SECONDS = 3.0
_MOST_MEGABYTES = 180.0


@dataclass(frozen=True, slots=True)
class Aim:
    said: str
    most: float
    measured: float
    unit: str

    def row(self) -> tuple[str, str, str, str]:
        met = "met" if self.measured <= self.most else "NOT MET"
        return (
            self.said,
            f"{self.most:g}{self.unit}",
            f"{self.measured:.2f}{self.unit}",
            met,
        )


def report(
    stage: Stage,
    plan: Plan,
    *,
    trips: list[RoundTrips],
    long: LongThreads,
    starts: ColdStarts,
    resident: Resident,
) -> str:
    aims = [
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
    return table("Aims", ("", "at most", "measured", ""), [aim.row() for aim in aims])
