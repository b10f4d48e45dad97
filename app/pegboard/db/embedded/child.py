"""Child processes that do not outlive us, and waiting until a process has gone."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from pegboard.db.embedded.account import Account

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_OWN_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

# Postgres gets none of our environment that it does not need: API keys live there, and PG*
# variables would override its configuration. LC_ALL=C keeps its messages in English for us.
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")


def require_main_thread() -> None:
    """Linux sends the death signal when the *thread* that forked ends (prctl(2))."""
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError(
            "The embedded Postgres must be started from the main thread: on Linux it is stopped"
            " when the thread that started it ends"
        )


def spawn(
    command: Sequence[str | Path],
    *,
    account: Account | None,
    output: int,
    folder: Path,
    death_signal: Literal["INT", "KILL"] = "INT",
) -> subprocess.Popen[bytes]:
    """Start a program that gets `death_signal` when we die, be it by kill -9 (Linux only).

    macOS and Windows have no such signal; there the next start finds the orphan and stops it.
    """
    require_main_thread()
    with warnings.catch_warnings():
        # Python >= 3.12 warns of any preexec_fn in a process with threads, for locks another
        # thread may hold at the fork. Ours makes two system calls and takes no lock.
        warnings.simplefilter("ignore", DeprecationWarning)
        return subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env=environment(),
            # Ctrl-C in a terminal goes to the whole session. Postgres must outlive the requests
            # that are being finished, so it learns of the end from us alone.
            start_new_session=True,
            creationflags=_OWN_GROUP,  # The same for a Windows console.
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            # CPython changes the account before it calls this, and must: the change of account
            # clears the death signal (prctl(2)).
            preexec_fn=_dying_with_us(death_signal),  # noqa: PLW1509
        )


def environment() -> dict[str, str]:
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {"LC_ALL": "C"}


async def gone(pid: int, *, running: Callable[[], bool], within: float | None = None) -> bool:
    """Wait until the process has ended, False if `within` seconds pass first.

    `running` is asked before and after: it reaps a child, and tells a reused number apart.
    """
    if not running():
        return True
    try:
        async with asyncio.timeout(within):
            await _ended(pid, running)
    except TimeoutError:
        return not running()
    return True


async def _ended(pid: int, running: Callable[[], bool]) -> None:
    if (descriptor := _pidfd(pid)) is not None:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        try:
            loop.add_reader(descriptor, ended.set)
            await ended.wait()
        finally:
            loop.remove_reader(descriptor)
            os.close(descriptor)
    while running():  # noqa: ASYNC110  a process elsewhere sets no event
        await asyncio.sleep(0.5 if descriptor is None else 0.01)


def _pidfd(pid: int) -> int | None:
    """None where there are none: Linux before 5.3, other systems, strict sandboxes."""
    if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None


def _dying_with_us(death_signal: Literal["INT", "KILL"]) -> Callable[[], None] | None:
    libc, us = _libc, os.getpid()
    if libc is None:
        return None
    number = int(getattr(signal, f"SIG{death_signal}"))  # Windows knows no SIGKILL.

    def ask() -> None:
        if libc.prctl(_PR_SET_PDEATHSIG, number) != 0:
            os._exit(126)
        if os.getppid() != us:  # We died between the fork and the request.
            os._exit(126)

    return ask
