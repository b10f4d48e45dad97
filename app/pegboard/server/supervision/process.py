"""A serving process: `python -m pegboard.server.supervision.process`, started by a supervisor."""

import os
import signal
import sys
import threading
import time
from asyncio import get_running_loop
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from io import RawIOBase
from typing import Any, Final, TypeAlias

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from pegboard.db.engine import engine_on
from pegboard.errors import AppError
from pegboard.server.bind_safety import exposure_of
from pegboard.server.serving import Server, run_until_stopped, serve_on
from pegboard.server.shutdown import GracefulShutdown
from pegboard.server.supervision.commands import READY, WorkerCommand, WorkerConfig
from pegboard.server.supervision.sockets import bound
from pegboard.settings import Settings
from pegboard.telemetry import logs

_ORPHAN_SECONDS: Final = 5.0
"""How long a process whose supervisor is gone may take to end in good order."""

Tell: TypeAlias = Callable[[Callable[[], object]], Any]
"""Has something called on the event loop, from anywhere."""

log = structlog.get_logger("pegboard.server")


def main() -> None:
    # Unbuffered: a thread that waits for a line must hold no lock when the interpreter ends.
    orders = open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115  open as long as we live
    config = WorkerConfig.read(orders.readline())
    settings = config.settings()
    logs.configure(level=settings.log_level, as_json=settings.log_format == "json")

    @asynccontextmanager
    async def database(settings: Settings) -> AsyncIterator[AsyncEngine]:
        """The supervisor has migrated it, and looks after it."""
        engine = engine_on(config.routes(), pool_size=settings.database_pool)
        try:
            yield engine
        finally:
            await engine.dispose()

    async def work(stopping: GracefulShutdown) -> None:
        tell = get_running_loop().call_soon_threadsafe
        # A thread, so that the supervisor's end is noticed even by a process that is stuck.
        threading.Thread(target=_obey, args=(orders, stopping, tell), daemon=True).start()
        with bound(config.host, config.port, inherited=config.listener) as listener:
            await serve_on(
                listener,
                settings,
                exposure_of(settings),
                stopping=stopping,
                started=lambda server: _started(server, stopping, tell),
                database=database,
            )

    try:
        run_until_stopped(work, grace=settings.grace_seconds)
    except AppError as error:
        log.error("server_failed", reason=error.message)
        sys.exit(1)


def _started(server: Server, stopping: GracefulShutdown, tell: Tell) -> None:
    """Say so. A signal now means this process alone, and the others take its connections."""

    def leave() -> None:
        server.stop_listening()
        stopping.begin()

    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: tell(leave))
    print(READY, flush=True)  # noqa: T201  to the supervisor


def _obey(orders: RawIOBase, stopping: GracefulShutdown, tell: Tell) -> None:
    with suppress(RuntimeError):  # the loop is closed: this process is at its end anyway
        while line := orders.readline():
            match line.decode().strip():
                case WorkerCommand.STOP:
                    tell(stopping.begin)
                case WorkerCommand.STOP_AT_ONCE:
                    tell(stopping.at_once)
        tell(stopping.at_once)
    time.sleep(_ORPHAN_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
