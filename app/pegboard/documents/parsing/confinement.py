"""Take from this process what reading a file does not need.

Each step is taken where the system offers it; elsewhere the parent's wall clock remains.
"""

import ctypes
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from pegboard.documents.parsing.limits import Limits

_NOBODY: Final = 65534
_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
_PR_SET_NO_NEW_PRIVS: Final = 38
_NICE: Final = 10


def confine(limits: Limits, *, parent: int) -> None:
    """Irrevocably. To be called after the libraries are loaded and before the file is read."""
    if sys.platform == "win32":
        return
    _limit_resources(limits)
    _become_nobody()
    if sys.platform == "linux":
        bind_to(parent)
        ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def lower_priority(*, by: int = _NICE) -> None:
    """Give way to the server, which has to answer others: first of all, for loading takes longest.

    Linux on a desktop weighs sessions against one another ("autogroup", sched(7)), and niceness
    counts only within one, so the session is given one as well. It asks for each new session.
    """
    if sys.platform == "win32":
        return
    niceness = os.nice(by)
    with suppress(OSError):  # not Linux, or switched off, or not ours to change
        Path("/proc/self/autogroup").write_text(str(niceness))


def _limit_resources(limits: Limits) -> None:
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  not on Windows

    seconds = limits.cpu_seconds
    for what, soft, hard in (
        (resource.RLIMIT_CPU, seconds, seconds + 1),  # at the soft one it dies of SIGXCPU
        (resource.RLIMIT_AS, limits.memory, limits.memory),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_NOFILE, limits.open_files, limits.open_files),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        with suppress(ValueError, OSError):  # macOS has no RLIMIT_AS; a lower limit may stand
            resource.setrlimit(what, (soft, hard))


def _become_nobody() -> None:
    """From root only, and only where nobody may still read the libraries that load late."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return
    with suppress(OSError):  # a container may withhold the right to change users
        os.setgroups([])
        os.setegid(_NOBODY)
        os.seteuid(_NOBODY)
        able = all(os.access(path, os.R_OK, effective_ids=True) for path in (__file__, os.__file__))
        os.seteuid(0)
        if able:
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)


def bind_to(parent: int) -> None:
    """Die with the parent, on Linux. To be asked for after a change of user, which undoes it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # it died before we asked
