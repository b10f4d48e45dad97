"""What each server keeps of a turn. A ratio of speeds says little without it."""

from dataclasses import dataclass

from bench.plan import Plan
from bench.postgres import Stored
from bench.stage import Stage
from bench.tables import table
from bench.turns import whole_turns


@dataclass(frozen=True, slots=True)
class Growth:
    before: Stored
    after: Stored
    turns: int


async def measure(stage: Stage, plan: Plan) -> dict[str, Growth]:
    """One server at a time: the log and the numbers of transactions belong to all of Postgres."""
    growths: dict[str, Growth] = {}
    for subject in stage.subjects:
        before = await subject.database.stored()
        await whole_turns(subject, clients=1, turns=plan.stored_turns)
        growths[subject.name] = Growth(before, await subject.database.stored(), plan.stored_turns)
    return growths


def report(growths: dict[str, Growth]) -> str:
    rows = [
        (
            name,
            _rows(one),
            f"{(one.after.bytes - one.before.bytes) / one.turns:.0f}",
            f"{(one.after.wal - one.before.wal) / one.turns:.0f}",
            f"{(one.after.transactions - one.before.transactions) / one.turns:.1f}",
        )
        for name, one in growths.items()
    ]
    return table(
        "What a turn leaves in Postgres",
        ("", "rows", "bytes of tables and indexes", "bytes of log", "writing transactions"),
        rows,
        "Whole answers on threads of ten turns; opening the threads is counted here. Bytes include",
        "old versions of rows. The sandbox's script is kept with the message and with the run.",
    )


def _rows(growth: Growth) -> str:
    grown = {
        name: (count - growth.before.rows.get(name, 0)) / growth.turns
        for name, count in growth.after.rows.items()
    }
    return ", ".join(f"{count:g} {name}" for name, count in grown.items() if count)
