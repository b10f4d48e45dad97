"""One place for a serving process: filled, and filled again whenever it falls empty."""

import asyncio
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic
from typing import Final

import structlog

from pegboard.errors import AppError, ErrorKind
from pegboard.interpreter import module_command
from pegboard.server.shutdown import GracefulShutdown
from pegboard.server.supervision.commands import READY, WorkerCommand, WorkerConfig

QUICK_SECONDS: Final = 10.0
"""A process that lives shorter died at once."""

GIVES_UP_AFTER: Final = 5
"""Quick deaths in a row, in one place, after which the next would die as well."""

_LONGEST_PAUSE: Final = 5.0
_LATE_SECONDS: Final = 8.0
"""How much longer than its grace a process may take to close what it has open."""

log = structlog.get_logger("pegboard.supervisor")


class ServersFail(AppError):
    kind = ErrorKind.UNAVAILABLE
    code = "servers_fail"


class Place:
    """`ready` is set when the first process in this place serves."""

    def __init__(
        self,
        number: int,
        config: WorkerConfig,
        *,
        environment: Mapping[str, str],
        stopping: GracefulShutdown,
    ) -> None:
        self.ready = asyncio.Event()
        self._number = number
        self._charge = config
        self._environment = {**os.environ, **environment}
        self._stopping = stopping

    async def keep(self) -> None:
        """Keep the place filled until asked to stop, and return when it is empty.

        Raises ServersFail when processes die at once, again and again.
        """
        quick = 0
        while not self._stopping.begun:
            began = monotonic()
            process = await self._start()
            status = await self._watch(process)
            if self._stopping.begun:
                return
            quick = quick + 1 if monotonic() - began < QUICK_SECONDS else 0
            ending = f"signal {-status}" if status < 0 else f"exit code {status}"
            log.warning("server_died", place=self._number, pid=process.pid, status=ending)
            if quick >= GIVES_UP_AFTER:
                raise ServersFail(
                    f"{quick} serving processes in a row died at once, the last with {ending};"
                    " what they logged says why"
                )
            await self._pause(0.1 * 2**quick if quick > 1 else 0.0)

    async def _start(self) -> Process:
        process = await asyncio.create_subprocess_exec(
            *module_command("pegboard.server.supervision.process"),
            stdin=PIPE,
            stdout=PIPE,
            env=self._environment,
            pass_fds=[] if self._charge.listener is None else [self._charge.listener],
            # Ctrl-C in a terminal goes to the whole session; these learn of the end from us.
            start_new_session=True,
        )
        _tell(process, self._charge.line())
        return process

    async def _watch(self, process: Process) -> int:
        """The exit status of a process, which is asked to stop when we are."""
        listening = asyncio.create_task(self._listen(process))
        ending = asyncio.create_task(self._end(process))
        try:
            return await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
            ending.cancel()
            listening.cancel()
            await asyncio.gather(ending, listening, return_exceptions=True)

    async def _listen(self, process: Process) -> None:
        assert process.stdout is not None  # noqa: S101  asked for in _start
        while line := await process.stdout.readline():
            if line.decode(errors="replace").strip() == READY:
                log.info("server_ready", place=self._number, pid=process.pid)
                self.ready.set()

    async def _end(self, process: Process) -> None:
        """See that a process ends in time once we were asked to stop."""
        await self._stopping.until_stopping()
        _tell(process, f"{WorkerCommand.STOP}\n".encode())
        with suppress(TimeoutError):
            async with asyncio.timeout(self._stopping.remaining()):
                await self._stopping.until_aborting()
                _tell(process, f"{WorkerCommand.STOP_AT_ONCE}\n".encode())
        await asyncio.sleep(_LATE_SECONDS)
        log.warning("server_killed", place=self._number, pid=process.pid)
        with suppress(ProcessLookupError):
            process.kill()

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(min(seconds, _LONGEST_PAUSE)):
                await self._stopping.until_stopping()


def _tell(process: Process, line: bytes) -> None:
    assert process.stdin is not None  # noqa: S101  asked for in Place._start
    with suppress(ConnectionError, RuntimeError):  # it is gone, which `wait` shows
        process.stdin.write(line)
