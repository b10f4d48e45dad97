"""CSV with any of the usual delimiters: each row with the names of its columns."""

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO, Final

from pegboard.documents.formats.decoding import read_bytes, text_of
from pegboard.documents.formats.rows import readable_rows
from pegboard.documents.formats.sections import Section, packed

_DELIMITERS: Final = ",;\t|"
_LONGEST_CELL: Final = 16 * 1024 * 1024
_SAMPLE: Final = 64 * 1024


def read(file: BinaryIO, suffix: str) -> Iterator[Section]:
    text = text_of(read_bytes(file))
    csv.field_size_limit(_LONGEST_CELL)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text[:_SAMPLE]))
    yield from packed(readable_rows(table))


def _delimiter(sample: str) -> str:
    """The one that gives the most rows the same number of cells.

    csv.Sniffer is slow on long lines and guesses letters as delimiters.
    """
    return max(_DELIMITERS, key=lambda delimiter: _regularity(sample, delimiter))


def _regularity(sample: str, delimiter: str) -> float:
    rows = csv.reader(sample.splitlines(keepends=True)[:50], delimiter=delimiter)
    widths = [len(row) for row in rows if row]
    if not widths:
        return 0
    common = max(set(widths), key=widths.count)
    return widths.count(common) / len(widths) + common / 1000 if common > 1 else 0
