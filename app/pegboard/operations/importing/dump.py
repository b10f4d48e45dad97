"""The folder that is imported: what may be opened in it.

It may come from anywhere. Nothing outside of it is ever read: names are checked before they become
a path, links are not followed, and only plain files are opened.
"""

import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final, Self

from pegboard.errors import AppError

LISTS: Final = (
    "files.jsonl",
    "vector_stores.jsonl",
    "assistants.jsonl",
    "threads.jsonl",
    "messages.jsonl",
)
"""In the order in which they are read: what others refer to comes first."""

_BYTES: Final = "files"
_SAFE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,100}", re.ASCII)
# A FIFO would keep a plain open waiting for ever.
_PLAIN: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class NoDump(AppError):
    """What was named cannot be imported at all."""

    code = "no_dump"


class NotPlain(Exception):
    """A link, a folder, a device: nothing that is opened here."""


class Dump:
    """An open folder. Closed by leaving its block."""

    def __init__(self, folder: Path) -> None:
        """Raises NoDump where there is nothing to import."""
        try:
            self._folder = os.open(folder, _FOLDER)
        except OSError as error:
            raise NoDump(f"{folder} cannot be opened as a folder: {error.strerror}") from error
        if not set(LISTS) & set(os.listdir(self._folder)):
            os.close(self._folder)
            raise NoDump(f"{folder} has none of {', '.join(LISTS)}")
        self._bytes = self._open_bytes()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._folder)
        if self._bytes is not None:
            os.close(self._bytes)

    def open_list(self, name: str) -> BinaryIO | None:
        """A file of JSON lines; None where there is none. Raises NotPlain."""
        return _open(name, self._folder)

    def open_bytes(self, file_id: str) -> BinaryIO | None:
        """The bytes of a file, by its id; None where there are none. Raises NotPlain."""
        return None if self._bytes is None else _open(file_id, self._bytes)

    def unknown(self) -> Sequence[str]:
        """What else is in the folder, and is not imported."""
        return sorted(name for name in os.listdir(self._folder) if name not in {*LISTS, _BYTES})

    def _open_bytes(self) -> int | None:
        try:
            return os.open(_BYTES, _FOLDER | os.O_NOFOLLOW, dir_fd=self._folder)
        except OSError:
            return None


def _open(name: str, folder: int) -> BinaryIO | None:
    if not _SAFE.fullmatch(name):
        raise NotPlain
    try:
        opened = os.open(name, _PLAIN, dir_fd=folder)
    except FileNotFoundError:
        return None
    except OSError as error:  # a link, a socket, a file that we may not read
        raise NotPlain from error
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise NotPlain
    return os.fdopen(opened, "rb")
