"""Readers that are Python processes started for one file each: where nothing can be forked."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress

from pegboard.documents.parsing.reading_process import Order, Stream, environment
from pegboard.documents.parsing.wire import LONGEST_LINE
from pegboard.interpreter import module_command


class FreshProcess:
    def __init__(self, process: Process) -> None:
        self._process = process

    @property
    def stdout(self) -> Stream:
        assert self._process.stdout is not None  # noqa: S101  asked for in start_fresh
        return self._process.stdout

    @property
    def stderr(self) -> Stream:
        assert self._process.stderr is not None  # noqa: S101  asked for in start_fresh
        return self._process.stderr

    async def wait(self) -> int:
        return await self._process.wait()

    def kill(self) -> None:
        if self._process.returncode is not None:
            return
        with suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                self._process.kill()
            else:
                os.killpg(self._process.pid, signal.SIGKILL)

    async def end(self) -> None:
        self.kill()
        await self._process.wait()


async def start_fresh(order: Order) -> FreshProcess:
    process = await asyncio.create_subprocess_exec(
        *module_command("pegboard.documents.parsing.child", "-B", "-X", "utf8"),
        order.suffix,
        order.limits.to_json(),
        str(os.getpid()),
        stdin=order.file,
        stdout=PIPE,
        stderr=PIPE,
        limit=LONGEST_LINE,
        cwd=order.folder,
        env=environment(),
        start_new_session=True,
    )
    return FreshProcess(process)
