"""Two tables, of the neighbour and of the server, and what was aimed at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan
from statistics import median
from typing import Final

from bench.aims import Aim
from bench.neighbour.samples import SMALL, RequestKind, Seen
from bench.neighbour.trial import MOST_GROWTH, Measured
from bench.tables import mb, table

_MOST_TIMES_QUIET: Final = 4.0
_MOST_HEALTH_MS: Final = 100.0


@dataclass(frozen=True, slots=True)
class _Goal:
    name: str
    label: str
    most: float
    unit: str
    measured: Callable[[Measured, float], float]


_GOALS: Final = (
    _Goal(
        "p99",
        "neighbour's p99 while / quiet",
        _MOST_TIMES_QUIET,
        "x",
        lambda one, quiet: one.phases.during.ms(99, *SMALL) / quiet,
    ),
    _Goal(
        "5xx",
        "neighbour's answers of 5xx, or none",
        0,
        "",
        lambda one, _: _sum(one, lambda seen: seen.answered(500, 599) + seen.unanswered),
    ),
    _Goal(
        "429",
        "neighbour's answers of 429",
        0,
        "",
        lambda one, _: _sum(one, lambda seen: seen.answered(429, 429)),
    ),
    _Goal(
        "runs",
        "runs rescued or failed",
        0,
        "",
        lambda one, _: one.runs.rescued + one.runs.failed,
    ),
    _Goal(
        "health",
        "/healthz p99 while",
        _MOST_HEALTH_MS,
        " ms",
        lambda one, _: one.phases.during.ms(99, RequestKind.HEALTH),
    ),
    _Goal(
        "memory",
        "memory after / before",
        MOST_GROWTH,
        "x",
        lambda one, _: one.memory.growth,
    ),
)


def report(measured: Sequence[Measured]) -> str:
    quiet = _quiet_ms(measured)
    neighbour = table(
        "A neighbour's small requests beside a flood, ms p50 / p99",
        ("", "before", "while", "after", "5xx", "429", "none", "/healthz p99", "file s", "aims"),
        [_neighbour(one, quiet) for one in measured],
        "Every 0.1 s a read, every 0.2 s a message that is answered, each on a new connection and",
        f"timed from when it was due. Quiet p99, the median of all rows: {quiet:.0f} ms.",
        "5xx, 429, none: of all its requests, /healthz and files as well; none: not answered in",
        "10 s, or cut off. file: from the upload to `indexed`, the slowest before and while.",
    )
    server = table(
        "What the crowd got, and what became of the server",
        ("", "crowd got", "s", "CPU", "rescued", "failed", "RSS MB", "stall ms", "server"),
        [_server(one) for one in measured],
        "CPU: of one core while the flood lasted, the crowd's own process and the server, which",
        "gets little where the machine has other work. RSS: before, at most, after up to 15 s,",
        "with child processes. stall: the longest that the event loop was held, where told.",
        "server: why it was replaced by a new one for the next flood; empty where it went on.",
    )
    return f"{neighbour}\n{server}"


def aims(measured: Sequence[Measured]) -> list[Aim]:
    """Each with the flood that was the worst for it."""
    quiet = _quiet_ms(measured)
    worst_of_all = []
    for goal in _GOALS:
        worst, name = max((_reached(goal, one, quiet), one.name) for one in measured)
        worst_of_all.append(Aim(f"{goal.label}, worst of all: {name}", goal.most, worst, goal.unit))
    return worst_of_all


def _neighbour(one: Measured, quiet: float) -> tuple[str, ...]:
    phases = one.phases
    missed = [goal.name for goal in _GOALS if _reached(goal, one, quiet) > goal.most]
    return (
        f"{one.flood.label}",
        *(_pair(seen) for seen in (phases.before, phases.during, phases.after)),
        f"{_sum(one, lambda seen: seen.answered(500, 599))}",
        f"{_sum(one, lambda seen: seen.answered(429, 429))}",
        f"{_sum(one, lambda seen: seen.unanswered)}",
        _number(phases.during.ms(99, RequestKind.HEALTH)),
        _files(one),
        f"not {', '.join(missed)}" if missed else "met",
    )


def _server(one: Measured) -> tuple[str, ...]:
    runs, memory = one.runs, one.memory
    got = ", ".join(f"{status} x{times}" for status, times in sorted(one.crowd.items()) if times)
    return (
        one.flood.label,
        got,
        f"{one.seconds:.1f}",
        f"{one.crowd_share:.0%} / {one.server_share:.0%}",
        f"{runs.rescued}",
        f"{runs.failed} {runs.codes}".rstrip(),
        f"{mb(memory.before)} / {mb(memory.peak)} / {mb(memory.after)}",
        _number(one.lag * 1000),
        one.fate,
    )


def _quiet_ms(measured: Sequence[Measured]) -> float:
    """The p99 before a flood, the median of all floods: other work on the machine strikes some."""
    return median(one.phases.before.ms(99, *SMALL) for one in measured)


def _reached(goal: _Goal, one: Measured, quiet: float) -> float:
    """What a server did that hung or died is as bad as can be."""
    reached = goal.measured(one, quiet)
    return float("inf") if isnan(reached) else reached


def _sum(one: Measured, counted: Callable[[Seen], int]) -> int:
    return sum(counted(seen) for seen in (one.phases.during, one.phases.after))


def _pair(seen: Seen) -> str:
    return f"{_number(seen.ms(50, *SMALL))} / {_number(seen.ms(99, *SMALL))}"


def _files(one: Measured) -> str:
    if not one.flood.files:
        return ""
    slowest = [
        seen.ms(100, RequestKind.FILE) / 1000 for seen in (one.phases.before, one.phases.during)
    ]
    return " / ".join(f"{seconds:.1f}" for seconds in slowest)


def _number(value: float) -> str:
    return "" if isnan(value) else f"{value:.0f}"
