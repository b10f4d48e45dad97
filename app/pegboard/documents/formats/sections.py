"""What readers give: passages of text that know their heading and their place in the file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

PIECE: Final = 16_000
"""Characters that a section holds at most, so that no message between processes is large."""

_HEADING: Final = 300


@dataclass(frozen=True, slots=True)
class Section:
    """`heading` is the trail of titles above the text; `place` a page, slide or sheet."""

    text: str
    heading: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    title: str


def packed(
    lines: Iterable[str], *, heading: str | None = None, place: str | None = None
) -> Iterator[Section]:
    """Lines gathered into sections, as they come; no section is much longer than a piece."""
    held: list[str] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line) + 1
        if size >= PIECE:
            yield Section("\n".join(held), heading, place)
            held, size = [], 0
    if held:
        yield Section("\n".join(held), heading, place)


def outlined(parts: Iterable[Heading | str], *, place: str | None = None) -> Iterator[Section]:
    """Lines under their headings. A heading over nothing at all is a section of its own."""
    trail: list[Heading] = []
    lines: list[str] = []
    for part in parts:
        if isinstance(part, str):
            lines.append(part)
            continue
        title = " ".join(part.title.split())
        if not title:
            continue
        yield from _section(trail, lines, place, within=trail and part.level > trail[-1].level)
        lines = []
        while trail and trail[-1].level >= part.level:
            trail.pop()
        trail.append(Heading(part.level, title))
    yield from _section(trail, lines, place, within=False)


def _section(
    trail: list[Heading], lines: list[str], place: str | None, *, within: object
) -> Iterator[Section]:
    # Cut first: a title may be a megabyte long and stand over thousands of sections.
    heading = " > ".join(step.title[:_HEADING] for step in trail)[:_HEADING] or None
    text = "\n".join(lines).strip()
    if text:
        yield Section(text, heading, place)
    elif trail and not within:
        yield Section(trail[-1].title, heading, place)


def in_pieces(section: Section) -> Iterator[Section]:
    """The same section in pieces, cut at a line's end, else at a space, else anywhere."""
    text = section.text
    start = 0
    while len(text) - start > PIECE:
        end = start + PIECE
        cut = max(text.rfind("\n", start, end), start)
        if cut <= start:
            cut = max(text.rfind(" ", start, end), start)
        if cut <= start:
            cut = end
        yield replace(section, text=text[start:cut])
        start = cut
    yield replace(section, text=text[start:])
