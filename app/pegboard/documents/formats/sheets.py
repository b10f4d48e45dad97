""".xlsx and .xls: each row of each sheet with the names of its columns."""

import io
import re
from collections.abc import Iterator
from itertools import groupby
from typing import BinaryIO, Final

from pegboard.documents.formats.markdown import cells
from pegboard.documents.formats.office import opened
from pegboard.documents.formats.rows import readable_rows
from pegboard.documents.formats.sections import Section, packed

_ESCAPED: Final = re.compile(r"\\([!-/:-@\[-`{-~])")


def read(file: BinaryIO, suffix: str) -> Iterator[Section]:
    # Of what office-oxide gives, its Markdown takes a tenth of the tree's memory and still keeps
    # apart what is a sheet's name ("## "), a row ("| a | b |") and a line break ("<br>").
    with opened(file, suffix) as document:
        markdown = document.to_markdown()
    for name, lines in groupby(_named(markdown), key=lambda named: named[0]):
        place = f"sheet {name[1]}" if name[1] else None
        yield from packed(readable_rows(_cells(line) for _, line in lines), place=place)


def _cells(line: str) -> list[str]:
    parts = cells(line)
    return [_ESCAPED.sub(r"\1", cell) for cell in parts] if "\\" in line else parts


def _named(markdown: str) -> Iterator[tuple[tuple[int, str], str]]:
    """Each line with the number and the name of its sheet."""
    number, name = 0, ""
    ruled = False
    for line in io.StringIO(markdown):
        if line.startswith("## "):
            number, name, ruled = number + 1, line[3:].strip(), False
        elif not ruled and line.startswith("| --- |"):
            ruled = True
        elif line.strip():
            yield (number, name), line
