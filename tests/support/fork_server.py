"""Where the tests' processes of `pegboard` come from: forked from one that has imported it.

To import the program costs more than most of what tests do with it. What is forked is a process
like any other: it gets the arguments, the environment and the pipes that it would have been started
with, and runs what `pegboard` runs. `python -m tests.support.fork_server FD` listens at a socket to
all processes of the tests, imports when the first of them comes, and ends with its standard input.
"""

import asyncio
import atexit
import gc
import importlib
import json
import os
import select
import socket
import struct
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

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
    "uvicorn.protocols.websockets.auto",
    "uvloop",
)
STATUS: Final = struct.Struct("i")
"""How a process that ended is reported: its exit code, or a signal's number below zero."""

_FILES: Final = 4
_LONGEST: Final = 1 << 20


def main() -> None:
    listener = socket.socket(fileno=int(sys.argv[1]))
    if listener not in select.select([listener, sys.stdin], [], [])[0]:
        return
    for name in PRELOADED:
        importlib.import_module(name)
    gateway = importlib.import_module("pegboard.llm.litellm.gateway")
    asyncio.run(gateway.load())  # as the first call of a provider would
    _keep_table()
    assert threading.active_count() == 1, "what is forked has one thread"
    gc.freeze()
    order = _await_order(listener)
    if order is not None:
        arguments, environment = order
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["pegboard", *arguments]
        _run(sys.modules["pegboard.cli.program"].main)


def _keep_table() -> None:
    """Read the table of models once for all; a server reads it at its start."""
    module = importlib.import_module("pegboard.composition.models")
    table = tuple(module.read_table())
    vars(module)["read_table"] = lambda: iter(table)


def _run(main: Callable[[], None]) -> None:
    """Run it and end as Python does, but let the memory go as it is.

    To take all modules apart, object by object, would copy every page that is shared with us.
    """
    status = 0
    try:
        main()
    except SystemExit as ended:
        if not isinstance(ended.code, int | None):
            raise
        status = ended.code or 0
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads, as the end does
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        sys.exit(status)
    os._exit(status)


def _await_order(listener: socket.socket) -> tuple[list[str], dict[str, str]] | None:
    """Fork for every order; returns it in the child, and None where there are no more."""
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    poll.register(sys.stdin, select.POLLIN)
    customers: dict[int, socket.socket] = {}
    reports: dict[int, tuple[int, int]] = {}
    while True:
        for ready, _ in poll.poll():
            if ready == sys.stdin.fileno():
                return None
            if ready == listener.fileno():
                customer, _ = listener.accept()
                customers[customer.fileno()] = customer
                poll.register(customer, select.POLLIN)
                continue
            if ready in reports:
                poll.unregister(ready)
                _report(ready, *reports.pop(ready))
                continue
            text, files, _, _ = socket.recv_fds(customers[ready], _LONGEST, _FILES)
            if not text:
                poll.unregister(ready)
                customers.pop(ready).close()
                continue
            pid = os.fork()
            if pid == 0:
                for place, file in enumerate(files[:3]):
                    os.dup2(file, place)
                for open_socket in (listener, *customers.values()):
                    open_socket.detach()
                os.closerange(3, os.sysconf("SC_OPEN_MAX"))
                arguments, environment = json.loads(text)
                return arguments, environment
            for file in files[:3]:
                os.close(file)
            ended = os.pidfd_open(pid)
            reports[ended] = pid, files[3]
            poll.register(ended, select.POLLIN)
            customers[ready].send(STATUS.pack(pid))


def _report(ended: int, pid: int, file: int) -> None:
    _, status = os.waitpid(pid, 0)
    os.close(ended)
    with suppress(BrokenPipeError):  # who ordered it is gone
        os.write(file, STATUS.pack(os.waitstatus_to_exitcode(status)))
    os.close(file)


if __name__ == "__main__":
    main()
