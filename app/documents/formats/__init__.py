"""Which suffixes are files we take, and which module reads each.

A new format is one module here and its line in `READERS`.
"""

from collections.abc import Callable
from pathlib import PurePath
from typing import Final, TypeAlias

from app.documents.formats import plain_text
from app.errors import AppError, Kind

ReadText: TypeAlias = Callable[[bytes], str]

_TEXT: Final = frozenset(
    ".txt .csv .md .markdown .json .jsonl .xml .html .css "  # noqa: SIM905  a table of words
    ".py .js .ts .jsx .tsx .cpp .c .h .java .go .rs .rb .php .sql".split()
)
_OTHERS: Final = frozenset(
    ".pdf .doc .docx .ppt .pptx .xls .xlsx "  # noqa: SIM905
    ".png .jpg .jpeg .webp .gif .bmp .tiff .tif".split()
)

ACCEPTED: Final = _TEXT | _OTHERS
"""Suffixes that clients may send; deciding by suffix, as SDKs label every file differently."""

READERS: Final[dict[str, ReadText]] = dict.fromkeys(_TEXT, plain_text.read_text)


class UnsupportedFile(AppError):
    kind = Kind.INVALID
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
