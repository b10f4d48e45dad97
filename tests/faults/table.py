"""The figures of a trial as Markdown."""

from collections.abc import Sequence
from math import ceil

from tests.faults.history import WriteKind
from tests.faults.loading import Load
from tests.faults.nemesis import Blow, Hit
from tests.faults.trial import Outcome

_OF_POSTGRES = {Blow.POSTGRES, Blow.BACKEND}


def written(outcome: Outcome) -> str:
    hits = [hit for hit in outcome.hits if hit.blow not in _OF_POSTGRES]
    rows = [_row(blow, [hit for hit in outcome.hits if hit.blow is blow]) for blow in Blow]
    acknowledged = outcome.record.acknowledged()
    counts = ", ".join(f"{acknowledged[kind]} {kind}" for kind in WriteKind)
    findings = outcome.findings
    return "\n".join(
        (
            "| | blows | runs in flight | taken up | ended as they fell | take-over p50 | p95 "
            "| longest | stuck |",
            "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
            *(row for row in rows if row),
            _row("processes in all", hits, named="**processes in all**"),
            "",
            "| | |",
            "|---|--:|",
            f"| runs whose process was killed or frozen | {sum(len(h.victims) for h in hits)} |",
            *(f"| of these, in the end {end} | {count} |" for end, count in outcome.ends.items()),
            f"| streams cut off and taken up again | {outcome.record.resumed} |",
            f"| writes acknowledged | {sum(acknowledged.values())} |",
            f"| of these lost | {len(findings.lost)} |",
            f"| written twice | {len(findings.doubled)} |",
            f"| out of order | {len(findings.disordered)} |",
            f"| runs, threads, documents or operations stuck | {len(findings.stuck)} |",
            f"| anything else that was wrong | {len(findings.wrong)} |",
            f"| files given up after three kills while they were read | {len(findings.given_up)} |",
            "",
            *_loaded(outcome.load),
            f"Acknowledged were {counts}. Seed {outcome.seed}, {outcome.seconds:.0f} s.",
            "",
        )
    )


def _loaded(load: Load) -> Sequence[str]:
    """A table of what was asked beside the trial; nothing where nothing was."""
    if not load.answers:
        return ()
    outcomes = sorted({outcome for answers in load.answers.values() for outcome in answers})
    return (
        f"| load beside it, by another tenant | requests | {' | '.join(outcomes)} |",
        f"|---|--:|{'--:|' * len(outcomes)}",
        *(
            f"| {flood} | {sum(answers.values())} | "
            f"{' | '.join(str(answers.get(outcome, 0)) for outcome in outcomes)} |"
            for flood, answers in load.answers.items()
        ),
        "",
        f"The load came from a process that took {load.share:.0%} of one core. Its runs are among "
        "those in flight, and have to end as all others.",
        "",
    )


def _row(blow: str, hits: Sequence[Hit], *, named: str = "") -> str:
    """Empty for what was not done. Postgres' runs are not taken up by anybody: they go on."""
    if not hits:
        return ""
    victims = sum(len(hit.victims) for hit in hits)
    if blow in _OF_POSTGRES:
        return f"| {blow} | {len(hits)} | {victims} | - | - | - | - | - | - |"
    waits = sorted(wait for hit in hits for wait in hit.waits)
    by_themselves = sum(hit.by_themselves for hit in hits)
    stuck = sum(len(hit.stuck) for hit in hits)
    times = " | ".join(_seconds(waits, share) for share in (0.5, 0.95, 1.0))
    return (
        f"| {named or blow} | {len(hits)} | {victims} | {len(waits)} | {by_themselves} "
        f"| {times} | {stuck} |"
    )


def _seconds(waits: Sequence[float], share: float) -> str:
    return f"{waits[max(0, ceil(share * len(waits)) - 1)]:.1f} s" if waits else "-"
