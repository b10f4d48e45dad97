"""What the server knows of a process that reads a file, however it came to be."""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import BinaryIO, Protocol, TypeAlias

from pegboard.documents.parsing.limits import Limits
from pegboard.errors import AppError, ErrorKind


class ReaderFailed(AppError):
    """The reading process did not start, or went with what had started it: our fault, not the
    file's."""

    kind = ErrorKind.UNAVAILABLE
    code = "document_reader_failed"


class Stream(Protocol):
    async def readline(self) -> bytes: ...
    async def read(self, n: int) -> bytes: ...


class ReadingProcess(Protocol):
    @property
    def stdout(self) -> Stream: ...

    @property
    def stderr(self) -> Stream: ...

    async def wait(self) -> int:
        """Its return code, negative for a signal. Raises ReaderFailed if nobody knows it."""

    def kill(self) -> None:
        """With its group: tesseract may be at work in it. Nothing happens to one that ended."""

    async def end(self) -> None:
        """Killed if need be, and nothing of it left; does not raise."""


@dataclass(frozen=True, slots=True)
class Order:
    """Read `file`, of an accepted suffix, in the empty folder `folder`."""

    file: BinaryIO
    suffix: str
    limits: Limits
    folder: str


Start: TypeAlias = Callable[[Order], Awaitable[ReadingProcess]]


def environment() -> dict[str, str]:
    """No secrets. Windows cannot start a process without SYSTEMROOT."""
    names = ("PATH", "SYSTEMROOT", "TESSDATA_PREFIX")
    known = {name: value for name in names if (value := os.environ.get(name))}
    return {"LANG": "C.UTF-8", "OMP_THREAD_LIMIT": "1"} | known
