"""Where the tests' processes of `pegboard` come from: forked from one that has imported it.

To import the program costs more than most of what tests do with it. What is forked is a process
like any other: it gets the arguments, the environment and the pipes that it would have been started
with, and runs what `pegboard` runs. `python -m tests.support.nursery FD` reads orders from a socket
until that is closed.
"""

import asyncio
import gc
import importlib
import json
import os
import select
import socket
import struct
import sys
import threading
from typing import Final

from pegboard.llm.litellm import gateway as litellm_gateway

PRELOADED: Final = (
    "pegboard.cli.program",
    "pegboard.server.serving",
    "pegboard.server.worker",
    "pegboard.operations.administration",
    "pegboard.operations.backup",
    "pegboard.operations.doctor",
    "pegboard.operations.importing",
    "asyncpg",
    "uvicorn.protocols.http.httptools_impl",
)
STATUS: Final = struct.Struct("i")
"""How a process that ended is reported: its exit code, or a signal's number below zero."""

_FILES: Final = 4
_LONGEST: Final = 1 << 20


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    for name in PRELOADED:
        importlib.import_module(name)
    asyncio.run(litellm_gateway.load())  # as the first call of a provider would
    assert threading.active_count() == 1, "what is forked has one thread"
    gc.freeze()
    order = _await_order(control)
    if order is not None:
        control.detach()
        arguments, environment = order
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["pegboard", *arguments]
        sys.modules["pegboard.cli.program"].main()


def _await_order(control: socket.socket) -> tuple[list[str], dict[str, str]] | None:
    """Fork for every order; returns it in the child, and None where there are no more."""
    poll = select.poll()
    poll.register(control, select.POLLIN)
    reports: dict[int, tuple[int, int]] = {}
    while True:
        for ready, _ in poll.poll():
            if ready in reports:
                poll.unregister(ready)
                _report(ready, *reports.pop(ready))
                continue
            text, files, _, _ = socket.recv_fds(control, _LONGEST, _FILES)
            if not text:
                return None
            pid = os.fork()
            if pid == 0:
                for place, file in enumerate(files[:3]):
                    os.dup2(file, place)
                os.closerange(3, os.sysconf("SC_OPEN_MAX"))
                arguments, environment = json.loads(text)
                return arguments, environment
            for file in files[:3]:
                os.close(file)
            ended = os.pidfd_open(pid)
            reports[ended] = pid, files[3]
            poll.register(ended, select.POLLIN)
            control.send(STATUS.pack(pid))


def _report(ended: int, pid: int, file: int) -> None:
    _, status = os.waitpid(pid, 0)
    os.close(ended)
    os.write(file, STATUS.pack(os.waitstatus_to_exitcode(status)))
    os.close(file)


if __name__ == "__main__":
    main()
