"""`postmaster.pid`: what a running Postgres says about itself in its data folder.

The lines are those of src/include/utils/pidfile.h: pid, folder, start time, port, socket folder,
listen address, shared memory key, status.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_NAME = "postmaster.pid"


@dataclass(frozen=True, slots=True)
class PostmasterFile:
    pid: int
    port: int
    socket_folder: str
    status: str


def read_postmaster_file(data: Path) -> PostmasterFile | None:
    """None as long as there is none, or its first lines are still being written."""
    try:
        lines = (data / _NAME).read_text(errors="replace").splitlines()
        status = lines[7].strip() if len(lines) > 7 else ""
        # A single-user Postgres writes its number negated.
        return PostmasterFile(abs(int(lines[0])), int(lines[3]), lines[4].strip(), status)
    except (OSError, ValueError, IndexError):
        return None


def remove_postmaster_file(data: Path) -> None:
    (data / _NAME).unlink(missing_ok=True)


def is_postmaster(pid: int, data: Path, *, pg_ctl: Path) -> bool:
    """Whether that process lives and is the Postgres of this folder.

    Numbers are given anew, in restarted containers soon and always; Postgres itself would take
    any living process of its account for its predecessor, and refuse to start.
    """
    if sys.platform == "linux":
        try:
            return os.path.samefile(f"/proc/{pid}/cwd", data)  # Postgres lives in its data folder.
        except OSError:  # No such process, a zombie, or somebody else's.
            return False
    if sys.platform == "win32":
        command: list[str | Path] = [pg_ctl, "status", "-D", data]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603
    shown = subprocess.run(  # noqa: S603
        ["ps", "-ww", "-o", "command=", "-p", str(pid)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return str(data) in shown.stdout
