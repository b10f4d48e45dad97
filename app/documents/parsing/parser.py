"""Start a reading process for a file, take its sections, end it in any case.

The file never enters the server's memory, only the text that comes back, and that is counted.
"""

import asyncio
import os
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

from app.documents.formats.faults import UnreadableFile
from app.documents.formats.sections import Section
from app.documents.parsing import reasons
from app.documents.parsing.limits import Limits
from app.documents.parsing.wire import LONGEST_LINE, End, Fault, Line, Ready, decode
from app.errors import AppError, Kind
from app.fairness import FairLimiter
from app.interpreter import module_command

_LAST_WORDS: Final = 4096
_DEFAULT: Final = Limits()


@dataclass(frozen=True, slots=True)
class Parsed:
    sections: tuple[Section, ...]
    characters: int


class ReaderFailed(AppError):
    """The reading process did not even start: our fault, not the file's."""

    kind = Kind.UNAVAILABLE
    code = "document_reader_failed"


class Parser:
    """Reads at most `at_once` files at a time, `per_tenant` of one tenant; the others wait, and
    tenants take turns."""

    def __init__(self, limits: Limits = _DEFAULT, *, at_once: int = 3, per_tenant: int = 2) -> None:
        self._limits = limits
        self._turns = FairLimiter(at_once, per_tenant)

    async def parse(self, path: Path, suffix: str, *, tenant_id: UUID | None = None) -> Parsed:
        """The text of a file with an accepted suffix. Raises UnreadableFile with the reason."""
        async with self._turns.slot(tenant_id):
            return await parse(path, suffix, limits=self._limits)


async def parse(path: Path, suffix: str, *, limits: Limits = _DEFAULT) -> Parsed:
    """Read one file now; see Parser for taking turns."""
    with path.open("rb") as file, tempfile.TemporaryDirectory() as folder:
        if os.fstat(file.fileno()).st_size == 0:
            raise UnreadableFile(reasons.EMPTY)
        reading = _Reading(limits)
        process = await _start(file, suffix, limits, folder)
        try:
            async with asyncio.timeout(limits.seconds):
                await asyncio.gather(reading.take(process), reading.hear(process))
                await process.wait()
        except TimeoutError:
            raise UnreadableFile(reasons.TIME) from None
        finally:
            await _end(process)
    return reading.result(process.returncode or 0)


class _Reading:
    """What has come out of a reading process so far."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._sections: list[Section] = []
        self._ready = False
        self._ended = False
        self._fault: Fault | None = None
        self._last_words = b""

    async def take(self, process: Process) -> None:
        """Read lines until the last. The cap holds even for a process that was taken over."""
        assert process.stdout is not None  # noqa: S101  asked for in _start
        most = self._limits.output + LONGEST_LINE
        try:
            while (line := await process.stdout.readline()).endswith(b"\n"):
                most -= len(line)
                self._note(decode(line) if most >= 0 else None)
                if self._fault:
                    break
        except ValueError:  # longer than any line of ours
            self._note(None)
        if self._fault:
            _kill(process)

    def _note(self, line: Line | None) -> None:
        match line:
            case Section():
                self._sections.append(line)
            case Ready():
                self._ready = True
            case End():
                self._ended = True
            case Fault():
                self._fault = line
            case None:
                self._fault = Fault(reasons.CRASH)

    async def hear(self, process: Process) -> None:
        """Empty stderr, lest a talkative library block on it; the beginning is kept."""
        assert process.stderr is not None  # noqa: S101  asked for in _start
        while words := await process.stderr.read(_LAST_WORDS):
            self._last_words = (self._last_words + words)[-_LAST_WORDS:]

    def result(self, returncode: int) -> Parsed:
        last_words = self._last_words.decode("utf-8", "replace")
        if not self._ready:
            raise ReaderFailed(f"The document reader did not start: {last_words[-500:].strip()}")
        if self._fault:
            raise UnreadableFile(self._fault.reason, detail=self._fault.detail)
        if not self._ended:
            raise UnreadableFile(reasons.of_death(returncode, last_words), detail=last_words)
        if not self._sections:
            raise UnreadableFile(reasons.NO_TEXT)
        return Parsed(tuple(self._sections), sum(len(section.text) for section in self._sections))


async def _start(file: BinaryIO, suffix: str, limits: Limits, folder: str) -> Process:
    return await asyncio.create_subprocess_exec(
        *module_command("app.documents.parsing.child", "-B", "-X", "utf8"),
        suffix,
        limits.to_json(),
        str(os.getpid()),
        stdin=file,
        stdout=PIPE,
        stderr=PIPE,
        limit=LONGEST_LINE,
        cwd=folder,
        env=_environment(),
        start_new_session=True,
    )


def _environment() -> dict[str, str]:
    """No secrets. Windows cannot start a process without SYSTEMROOT."""
    names = ("PATH", "SYSTEMROOT", "TESSDATA_PREFIX")
    known = {name: value for name in names if (value := os.environ.get(name))}
    return {"LANG": "C.UTF-8", "OMP_THREAD_LIMIT": "1"} | known


async def _end(process: Process) -> None:
    _kill(process)
    await process.wait()


def _kill(process: Process) -> None:
    """The whole group: tesseract may be at work in it."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
