"""One Postgres process over a cluster, from its start until it answers."""

import asyncio
import logging
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from pegboard.db.embedded.address import Address
from pegboard.db.embedded.child import gone, spawn
from pegboard.db.embedded.cluster import Cluster
from pegboard.db.embedded.errors import PostgresFailed, program_failure
from pegboard.db.embedded.output import last_lines
from pegboard.db.embedded.postmaster_file import (
    is_postmaster,
    read_postmaster_file,
    remove_postmaster_file,
)
from pegboard.db.embedded.readiness import answers_with_database
from pegboard.db.embedded.shutdown import shut_down
from pegboard.db.embedded.sockets import make_socket_folder

_log = logging.getLogger("pegboard.postgres")

_STARTS_WITHIN = 30.0
_RECOVERS_WITHIN = 600.0  # Replaying the log after a crash. Breaking it off only begins it anew.
_STILL_IN_USE = "pre-existing shared memory block"  # PGSharedMemoryCreate in sysv_shmem.c

_RISKY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True, slots=True)
class Launched:
    process: subprocess.Popen[bytes]
    cluster: Cluster
    report: Path

    def running(self) -> bool:
        return self.process.poll() is None

    async def ended(self) -> None:
        await gone(self.process.pid, running=self.running)

    async def stop(self) -> None:
        pg_ctl = self.cluster.binaries.program("pg_ctl")
        await shut_down(self.process.pid, running=self.running, pg_ctl=pg_ctl)


async def stop_orphan(cluster: Cluster) -> None:
    """End a Postgres whose server died, and forget one that died itself.

    Only for the folder's owner: nobody else's Postgres may be running in it then.
    """
    if (left := read_postmaster_file(cluster.data)) is not None:
        pg_ctl = cluster.binaries.program("pg_ctl")

        def running() -> bool:
            return is_postmaster(left.pid, cluster.data, pg_ctl=pg_ctl)

        if running():
            _log.warning("stopping the Postgres (process %d) of a server that is gone", left.pid)
            await shut_down(left.pid, running=running, pg_ctl=pg_ctl)
    # Its backends may live on for a moment. Postgres sees them by the shared memory, which it
    # also finds without this file (PGSharedMemoryCreate looks under the folder's inode).
    remove_postmaster_file(cluster.data)


def launch(cluster: Cluster, address: Address, *, report: Path, durable: bool) -> Launched:
    """Start it, and do not wait. `report` gets what it says before its own log is open."""
    make_socket_folder(address, cluster.account)
    over_socket = address.host.startswith("/")
    settings = (
        f"listen_addresses={'' if over_socket else address.host}",
        f"unix_socket_directories={address.host if over_socket else ''}",
        "unix_socket_permissions=0700",
        *(() if durable else _RISKY),
    )
    command = [
        cluster.binaries.program("postgres"),
        *("-D", cluster.data),
        *("-p", str(address.port)),
        *(part for setting in settings for part in ("-c", setting)),
    ]
    output = os.open(report, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        process = spawn(command, account=cluster.account, output=output, folder=cluster.data)
    finally:
        os.close(output)
    return Launched(process, cluster, report)


async def until_ready(launched: Launched, address: Address) -> None:
    """Return once it answers. Raises StillInUse, or what went wrong in its own words."""
    began = time.monotonic()
    while True:
        if not launched.running():
            raise _failure(launched, f"Postgres ended at its start ({_exit_of(launched)})")
        postmaster = read_postmaster_file(launched.cluster.data)
        # The file spares us knocking at a closed API, which Postgres would log each time.
        ready = postmaster is not None and (postmaster.pid, postmaster.status) == (
            launched.process.pid,
            "ready",
        )
        if ready and await answers_with_database(address):
            return
        recovering = postmaster is not None and postmaster.status == "starting"
        if time.monotonic() - began > (_RECOVERS_WITHIN if recovering else _STARTS_WITHIN):
            raise _failure(launched, "Postgres started, but does not answer")
        await asyncio.sleep(0.01)


class StillInUse(PostgresFailed):
    """Backends of a killed Postgres are still finishing; it is worth another try."""


def _failure(launched: Launched, what: str) -> Exception:
    output = _output_of(launched)
    if _STILL_IN_USE in output:
        return StillInUse(what, output)
    return program_failure(launched.cluster.folder, what, output)


def _output_of(launched: Launched) -> str:
    """The report up to where the log took over, and then the log, if it was written since."""
    began = launched.report.stat().st_ctime if launched.report.exists() else 0.0
    logs = [*(launched.cluster.data / "log").glob("*.log")]
    newest = max(logs, key=lambda path: path.stat().st_mtime, default=None)
    parts = [last_lines(launched.report)]
    if newest is not None and newest.stat().st_mtime >= began - 1:
        parts.append(last_lines(newest))
    return "\n".join(part for part in parts if part)


def _exit_of(launched: Launched) -> str:
    code = launched.process.returncode
    return f"signal {-code}" if code < 0 else f"exit code {code}"
