"""Ending a Postgres: politely, then less so."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pegboard.db.embedded.child import gone

_log = logging.getLogger("pegboard.postgres")

# The signals' meanings: https://www.postgresql.org/docs/current/server-shutdown.html. INT breaks
# off open transactions and writes a checkpoint; QUIT leaves recovery to the next start.
_STEPS = (("INT", 10.0), ("QUIT", 5.0), ("KILL", None))


async def shut_down(pid: int, *, running: Callable[[], bool], pg_ctl: Path) -> None:
    for name, patience in _STEPS:
        if not running():
            return
        if name != "INT":
            _log.warning("Postgres (process %d) does not stop, sending SIG%s", pid, name)
        _send(pid, name, pg_ctl)
        if await gone(pid, running=running, within=patience):
            return


def _send(pid: int, name: str, pg_ctl: Path) -> None:
    if sys.platform == "win32":  # Windows has no signals; Postgres brings its own, over a pipe.
        command: list[str | Path] = [pg_ctl, "kill", name, str(pid)]
        subprocess.run(command, capture_output=True, check=False)  # noqa: S603
        return
    try:
        os.kill(pid, getattr(signal, f"SIG{name}"))
    except ProcessLookupError:
        return
