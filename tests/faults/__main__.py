"""`python -m tests.faults`: kill until enough runs were hit, and write docs/faults.md.

Ends with 1, and writes nothing, where anything was lost, doubled, out of order or stuck.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import randrange
from time import monotonic
from typing import Final

from pegboard.db.embedded import EmbeddedPostgres
from tests.faults.floods import Flood
from tests.faults.nemesis import Blow, Hit
from tests.faults.table import written
from tests.faults.trial import Crowd, Pace, hold

_PATH: Final = Path(__file__).parents[2] / "docs" / "faults.md"
_BEGIN: Final = "<!-- measured -->\n"
_END: Final = "<!-- end -->\n"
_CROWD: Final = Crowd(listeners=70, askers=24, tool_users=12, uploaders=3, rememberers=3, shared=3)
_PACE: Final = Pace(
    {
        Blow.SERVER: 60,
        Blow.ALL: 20,
        Blow.FREEZE: 6,
        Blow.WORKER: 8,
        Blow.POSTGRES: 4,
        Blow.BACKEND: 4,
    },
    rest=2.0,
    least=45,
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=randrange(1_000_000))
    parser.add_argument("--runs", type=int, default=1_000, help="runs in flight that are hit")
    parser.add_argument("--seconds", type=float, default=0, help="go on for at least so long")
    parser.add_argument("--log", type=Path, help="a file for what the servers have logged")
    parser.add_argument(
        "--load",
        nargs="?",
        type=_floods,
        default=(),
        const=tuple(Flood),
        metavar="KIND,KIND",
        help=f"another tenant floods the servers meanwhile, with {', '.join(Flood)}, or some of it",
    )
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    sys.exit(
        asyncio.run(
            _run(
                chosen.seed,
                runs=chosen.runs,
                seconds=chosen.seconds,
                log=chosen.log,
                floods=chosen.load,
            )
        )
    )


def _floods(listed: str) -> tuple[Flood, ...]:
    return tuple(Flood(name) for name in listed.split(","))


async def _run(
    seed: int, *, runs: int, seconds: float, log: Path | None, floods: Sequence[Flood]
) -> int:
    begun = monotonic()

    def over(hits: Sequence[Hit]) -> bool:
        if hits:
            hit = hits[-1]
            line = f"{monotonic() - begun:6.0f} s  {hit.blow}: {len(hit.victims)} runs in flight"
            print(line, flush=True)
        killed = sum(
            len(hit.victims) for hit in hits if hit.blow not in {Blow.POSTGRES, Blow.BACKEND}
        )
        return killed >= runs and monotonic() - begun > seconds

    with tempfile.TemporaryDirectory(prefix="pegboard-faults-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        await asyncio.to_thread(folder.chmod, 0o755)  # Postgres runs as another user
        async with EmbeddedPostgres(folder / "postgres") as postgres:
            address = await postgres.start()
            outcome = await hold(
                address.url("postgres"),
                folder / "data",
                seed=seed,
                crowd=_CROWD,
                pace=_PACE,
                over=over,
                postmaster=lambda: postgres.pid,
                floods=floods,
            )
    if log is not None:
        await asyncio.to_thread(log.write_text, "".join(outcome.log), "utf-8")
    table, findings = written(outcome), outcome.findings.all()
    print(f"\n{table}")
    for finding in findings:
        print(finding)
    if findings:
        return 1
    before, _, rest = _PATH.read_text("utf-8").partition(_BEGIN)
    _PATH.write_text(f"{before}{_BEGIN}\n{table}\n{_END}{rest.partition(_END)[2]}", "utf-8")
    return 0


main()
