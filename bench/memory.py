"""Resident memory of the server processes, Postgres not counted."""

from bench.stage import Stage
from bench.tables import mb, table

Resident = dict[str, int]
"""Bytes by server."""


def measure(stage: Stage) -> Resident:
    return {subject.name: subject.program.resident_bytes() for subject in stage.subjects}


def report(warm: Resident, end: Resident) -> str:
    rows = [(name, mb(warm[name]), mb(end[name])) for name in warm]
    return table(
        "Resident memory (RSS) of the server process",
        ("", "warm MB", "at the end MB"),
        rows,
        "Warm: after the first messages. Only the last server loads litellm.",
    )
