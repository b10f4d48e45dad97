"""Which suffixes are files we take, and which module reads each.

A new format is one module here, with `read(file, suffix)`, and its line in `_MODULES`. Modules
are loaded where a file is read, which is never the server's own process: it needs none of their
libraries.
"""

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import PurePath
from typing import BinaryIO, Final, TypeAlias

from pegboard.documents.formats.sections import Section
from pegboard.errors import AppError, ErrorKind

Read: TypeAlias = Callable[[BinaryIO, str], Iterator[Section]]

_MODULES: Final = {
    ".csv": "delimited",
    ".doc": "word",
    ".docx": "word",
    ".html": "html",
    ".json": "json_text",
    ".jsonl": "json_text",
    ".markdown": "markdown",
    ".md": "markdown",
    ".pdf": "pdf",
    ".ppt": "slides",
    ".pptx": "slides",
    ".xls": "sheets",
    ".xlsx": "sheets",
    ".xml": "xml",
}
_TEXT: Final = frozenset(
    ".txt .css .py .js .ts .jsx .tsx .cpp .c .h .java .go .rs .rb .php .sql".split()  # noqa: SIM905
)
_IMAGES: Final = frozenset(".png .jpg .jpeg .webp .gif .bmp .tiff .tif".split())  # noqa: SIM905

ACCEPTED: Final = _TEXT | _IMAGES | _MODULES.keys()
"""Suffixes that clients may send; deciding by suffix, as SDKs label every file differently."""


class UnsupportedFile(AppError):
    kind = ErrorKind.INVALID
    code = "unsupported_file"


def suffix_of(filename: str) -> str:
    """The accepted suffix of a file name, in lower case; UnsupportedFile for any other."""
    suffix = PurePath(filename).suffix.lower()
    if suffix not in ACCEPTED:
        raise UnsupportedFile(
            f"Files of type {suffix or 'unknown'!r} are not supported ({filename!r}); supported "
            f"are {', '.join(sorted(ACCEPTED))}"
        )
    return suffix


def reader_of(suffix: str) -> Read:
    """The reader of an accepted suffix. Loads its library: call it in the reading process."""
    name = _MODULES.get(suffix) or ("images" if suffix in _IMAGES else "plain_text")
    read: Read = import_module(f"{__name__}.{name}").read
    return read
