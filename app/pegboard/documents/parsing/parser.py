"""Start a reading process for a file, take its sections, end it in any case.

The file never enters the server's memory, only the text that comes back, and that is counted.
"""

import asyncio
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from pegboard.documents.formats.faults import UnreadableFile
from pegboard.documents.formats.sections import Section
from pegboard.documents.parsing import reasons
from pegboard.documents.parsing.fresh import start_fresh
from pegboard.documents.parsing.limits import Limits
from pegboard.documents.parsing.reading_process import Order, ReaderFailed, ReadingProcess, Start
from pegboard.documents.parsing.wire import LONGEST_LINE, End, Fault, Line, Ready, decode
from pegboard.fairness import FairLimiter

_LAST_WORDS: Final = 4096
_DEFAULT: Final = Limits()


@dataclass(frozen=True, slots=True)
class Parsed:
    sections: tuple[Section, ...]
    characters: int


class Parser:
    """Reads at most `at_once` files at a time, `per_tenant` of one tenant; the others wait, and
    tenants take turns."""

    def __init__(
        self,
        limits: Limits = _DEFAULT,
        *,
        at_once: int = 3,
        per_tenant: int = 2,
        start: Start = start_fresh,
    ) -> None:
        self._limits = limits
        self._start = start
        self._turns = FairLimiter(at_once, per_tenant, in_company=1)

    async def parse(self, path: Path, suffix: str, *, tenant_id: UUID | None = None) -> Parsed:
        """The text of a file with an accepted suffix. Raises UnreadableFile with the reason."""
        async with self._turns.slot(tenant_id):
            return await parse(path, suffix, limits=self._limits, start=self._start)


async def parse(
    path: Path, suffix: str, *, limits: Limits = _DEFAULT, start: Start = start_fresh
) -> Parsed:
    """Read one file now; see Parser for taking turns."""
    with path.open("rb") as file, tempfile.TemporaryDirectory() as folder:
        if os.fstat(file.fileno()).st_size == 0:
            raise UnreadableFile(reasons.EMPTY)
        reading = _Reading(limits)
        process = await start(Order(file, suffix, limits, folder))
        try:
            async with asyncio.timeout(limits.seconds):
                await asyncio.gather(reading.take(process), reading.hear(process))
                returncode = await process.wait()
        except TimeoutError:
            raise UnreadableFile(reasons.TIME) from None
        finally:
            await process.end()
    return reading.result(returncode)


class _Reading:
    """What has come out of a reading process so far."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._sections: list[Section] = []
        self._ready = False
        self._ended = False
        self._fault: Fault | None = None
        self._last_words = b""

    async def take(self, process: ReadingProcess) -> None:
        """Read lines until the last. The cap holds even for a process that was taken over."""
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
            process.kill()

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

    async def hear(self, process: ReadingProcess) -> None:
        """Empty stderr, lest a talkative library block on it; the beginning is kept."""
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
