"""What the neighbour has seen, and how it is summed up. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import count

from bench.figures import percentile
from bench.neighbour.calling import NO_ANSWER


class RequestKind(StrEnum):
    """`FILE` is a whole upload, to the moment that the file is indexed."""

    READ = "read"
    MESSAGE = "message"
    HEALTH = "health"
    FILE = "file"


SMALL = (RequestKind.READ, RequestKind.MESSAGE)
"""The small requests whose percentiles are shown."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One request. `due` is when it should have been sent, by the monotonic clock of the machine.

    `seconds` count from then on: a client that is late because the server held it up has waited.
    """

    kind: RequestKind
    due: float
    seconds: float
    status: int

    @property
    def end(self) -> float:
        return self.due + self.seconds


@dataclass(frozen=True, slots=True)
class Seen:
    """The samples of one phase."""

    samples: Sequence[Sample]

    def ms(self, percent: int, *kinds: RequestKind) -> float:
        """NaN where there are none. What was not answered counts with the time of waiting."""
        seconds = [one.seconds for one in self.samples if one.kind in kinds]
        return percentile(seconds, percent) * 1000 if seconds else float("nan")

    def answered(self, lowest: int, highest: int) -> int:
        return sum(lowest <= one.status <= highest for one in self.samples)

    @property
    def unanswered(self) -> int:
        return sum(one.status == NO_ANSWER for one in self.samples)


@dataclass(frozen=True, slots=True)
class Phases:
    before: Seen
    during: Seen
    after: Seen


def parted(samples: Sequence[Sample], *, begun: float, ended: float) -> Phases:
    """By the flood's beginning and end: what either fell into it or was still waiting is of it."""
    before = [one for one in samples if one.end < begun]
    after = [one for one in samples if one.due > ended]
    during = [one for one in samples if one.end >= begun and one.due <= ended]
    return Phases(Seen(before), Seen(during), Seen(after))


def dues(begun: float, *, interval: float, offset: float = 0.0) -> Iterator[float]:
    """Moments of an open loop: each is fixed beforehand, whatever became of the one before."""
    return (begun + offset + number * interval for number in count())
