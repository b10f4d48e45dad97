"""Markdown: sections under their headings; pipe tables as rows that can be read alone."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import BinaryIO, Final

from pegboard.documents.formats.decoding import read_bytes, text_of
from pegboard.documents.formats.rows import readable_rows
from pegboard.documents.formats.sections import Heading, Section, outlined

_HASHES: Final = re.compile(r" {0,3}(#{1,6})[ \t]+(.*)")
_FENCE: Final = re.compile(r" {0,3}(```+|~~~+)")
_UNDERLINE: Final = re.compile(r" {0,3}(=+|-{2,})[ \t]*$")
_RULE: Final = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(\|[ \t:|-]*)?$")
_PIPE: Final = re.compile(r"(?<!\\)\|")


def read(file: BinaryIO, suffix: str) -> Iterator[Section]:
    yield from outlined(parts(text_of(read_bytes(file))))


def parts(text: str) -> Iterator[Heading | str]:
    """Headings and lines, in order; what stands in a code fence is never a heading or table."""
    fence: str | None = None
    table: list[list[str]] = []
    above = ""
    for line, below in pairwise([*text.splitlines(), ""]):
        if table and (fence or "|" not in line):
            yield from readable_rows(table)
            table = []
        mark = _FENCE.match(line)
        if fence or mark:
            if mark and (fence is None or mark[1].startswith(fence)):
                fence = None if fence else mark[1]
            yield line
        elif table or ("|" in line and "|" in below and _is_rule(below)):
            if not _is_rule(line):
                table.append(cells(line))
        elif heading := _HASHES.match(line):
            yield Heading(len(heading[1]), _title(heading[2]))
        elif line.strip() and not above.strip() and (rule := _UNDERLINE.match(below)):
            yield Heading(1 if rule[1][0] == "=" else 2, line)
        elif not (_UNDERLINE.match(line) and above.strip()):
            yield line
        above = line
    yield from readable_rows(table)


def _is_rule(line: str) -> bool:
    """Whether a line is the one of dashes under a table's names.

    Blanks are taken off first: an expression with two runs of them at its beginning tries each way
    to part a long run.
    """
    return _RULE.match(line.strip(" \t")) is not None


def _title(heading: str) -> str:
    """Without the hashes that may close a heading; for blanks, see above."""
    bare = heading.rstrip(" \t")
    open_ended = bare.rstrip("#")
    return open_ended.rstrip(" \t") if open_ended.endswith((" ", "\t")) else bare


def cells(line: str) -> list[str]:
    """The cells of one pipe table row."""
    inner = line.strip().removeprefix("|").removesuffix("|")
    parts = _PIPE.split(inner) if "\\|" in inner else inner.split("|")
    return [cell.strip().replace("\\|", "|").replace("<br>", " ") for cell in parts]
