"""Programs that run for a block and are gone after it, whatever happens in between."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

import psutil

_OTHERS_SETTINGS: Final = re.compile(
    r"^PEGBOARD_|_API_KEY$|_BASE_URL$|_API_BASE$|^AWS_|^GOOGLE_|_PROXY$", re.IGNORECASE
)
_STARTS_WITHIN: Final = 60.0
_STOPS_WITHIN: Final = 20.0
_LONGEST_LINE: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Program:
    """A running program. `first_line` is of its output, `begun` the moment before its start."""

    process: asyncio.subprocess.Process
    first_line: str
    begun: float

    async def ask(self, line: bytes) -> bytes:
        """One line in, one line out."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line)
        await self.process.stdin.drain()
        answer = await self.process.stdout.readline()
        if not answer:
            raise RuntimeError("a program of the bench ended before it was done")
        return answer

    def resident_bytes(self) -> int:
        return psutil.Process(self.process.pid).memory_info().rss


@asynccontextmanager
async def running(
    name: str,
    module: str,
    *arguments: str,
    folder: Path,
    clone: Path | None = None,
    **environment: str,
) -> AsyncIterator[Program]:
    """Run `python -m module` with these settings and none of our own environment's.

    `clone` is another clone of the project, whose program is run with what its .venv holds.
    """
    log = folder / f"{name}.log"
    begun = perf_counter()
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable if clone is None else str(clone / ".venv" / "bin" / "python"),
            "-m",
            module,
            *arguments,
            cwd=clone,
            env={**_neutral(os.environ), **environment},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            limit=_LONGEST_LINE,
        )
    try:
        assert process.stdout is not None
        try:
            async with asyncio.timeout(_STARTS_WITHIN):
                line = await process.stdout.readline()
        except TimeoutError:
            line = b""
        if not line:
            raise RuntimeError(f"{name} did not start:\n{log.read_text()[-2000:]}")
        yield Program(process, line.decode().strip(), begun)
    finally:
        await _stop(process)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_STOPS_WITHIN):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _neutral(environment: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in environment.items() if not _OTHERS_SETTINGS.search(k)}
