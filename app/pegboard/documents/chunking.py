"""Sections of a document in, passages of a size that can be searched out.

Knows no file format and no embedding model. Takes and gives one at a time, so that a document of
any size needs the memory of a few pages.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import Final, Protocol

from semantic_text_splitter import TextSplitter

from pegboard.llm.tokens import count_tokens

# MiniLM reads 256 word pieces. By our own count 200 tokens of prose or code are 180 to 220 of
# them, which leaves room for the heading. Characters would be ten times as fast to count, but 800
# of them are 190 word pieces of English, 540 of dense code and 800 of Chinese; and even so an
# hour's embedding takes half a minute to cut.
TARGET_TOKENS: Final = 200

# The splitter slows down with the length of a line, and holds all its pieces at once.
_WINDOW: Final = 32_768
_HEADING: Final = 300
_LONE_SURROGATES: Final = re.compile("[\ud800-\udfff]")


class SectionLike(Protocol):
    @property
    def text(self) -> str: ...
    @property
    def heading(self) -> str | None: ...
    @property
    def place(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Size:
    """How much text a chunk holds at most, and how much of it the next one may repeat.

    What a client asks for is done; of a chunk beyond our own size, an embedding model like ours
    reads the beginning only, and the rest is found by its words.
    """

    tokens: int = TARGET_TOKENS
    overlap: int = 0


USUAL: Final = Size()


@dataclass(frozen=True, slots=True)
class _Section:
    text: str
    heading: str
    place: str | None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage. `text` is `section.text[start:end]`, except where short sections were joined:
    then `start` counts in the first of them and `end` in the last.

    `position` counts from 0 without gaps, so that neighbours can be put together again.
    """

    position: int
    text: str
    heading: str | None
    place: str | None
    start: int
    end: int
    tokens: int

    @property
    def searched_text(self) -> str:
        """What is embedded and indexed: a passage says less without the title it stands under."""
        heading = self.heading[:_HEADING] if self.heading else None
        return "\n".join(part for part in (heading, self.place, self.text) if part)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A chunk to be. `whole` when it holds whole sections, the last of them `last_heading`'s."""

    text: str
    heading: str | None
    last_heading: str | None
    place: str | None
    start: int
    end: int
    tokens: int
    whole: bool


def split(sections: Iterable[SectionLike], size: Size = USUAL) -> Iterator[Chunk]:
    """The document's chunks in order. Nothing but blanks is lost; what overlaps comes twice."""
    pieces = (piece for section in sections for piece in _pieces(section, size))
    for position, piece in enumerate(_joined(pieces, size)):
        yield Chunk(
            position=position,
            text=piece.text,
            heading=piece.heading,
            place=piece.place,
            start=piece.start,
            end=piece.end,
            tokens=piece.tokens,
        )


def _joined(pieces: Iterable[_Piece], size: Size) -> Iterator[_Piece]:
    waiting: _Piece | None = None
    for piece in pieces:
        if waiting is None:
            waiting = piece
        elif (joined := _join(waiting, piece, size)) is not None:
            waiting = joined
        else:
            yield waiting
            waiting = piece
    if waiting is not None:
        yield waiting


def _join(first: _Piece, second: _Piece, size: Size) -> _Piece | None:
    """Both in one where they are short and of one place; a new heading goes into the text."""
    if not (first.whole and second.whole and first.place == second.place):
        return None
    lines = [first.text, second.text]
    tokens = first.tokens + 1 + second.tokens
    if second.heading and second.heading != first.last_heading:
        # Another subject begins: join only what would be too little by itself.
        if first.tokens >= size.tokens // 2:
            return None
        lines.insert(1, second.heading)
        tokens += 1 + count_tokens(second.heading)
    if tokens > size.tokens:
        return None
    return replace(
        first,
        text="\n".join(lines),
        last_heading=second.last_heading,
        end=second.end,
        tokens=tokens,
    )


def _pieces(section: SectionLike, size: Size) -> Iterator[_Piece]:
    read = _Section(_readable(section.text), _readable(section.heading or ""), section.place)
    ranges = _ranges(read.text, size)
    first = next(ranges, None)
    if first is None:
        if read.heading.strip():
            # Only a heading, such as the first slide of a talk.
            yield from _pieces(_Section(text=read.heading, heading="", place=read.place), size)
        return
    second = next(ranges, None)
    yield _piece(read, first, whole=second is None)
    for later in chain([second] if second else [], ranges):
        yield _piece(read, later, whole=False)


def _readable(text: str) -> str:
    """Without lone surrogates, which can be neither stored nor split; offsets stay true."""
    return _LONE_SURROGATES.sub("\ufffd", text)


def _piece(section: _Section, span: tuple[int, int], *, whole: bool) -> _Piece:
    start, end = span
    text = section.text[start:end]
    return _Piece(
        text=text,
        heading=section.heading or None,
        last_heading=section.heading or None,
        place=section.place,
        start=start,
        end=end,
        tokens=count_tokens(text),
        whole=whole,
    )


def _ranges(text: str, size: Size) -> Iterator[tuple[int, int]]:
    """Where the pieces of a section start and end."""
    splitter = _splitter(size)
    begin = 0
    while begin < len(text):
        pieces = splitter.chunk_indices(text[begin : begin + _WINDOW])
        next_begin = begin + _WINDOW
        if next_begin < len(text) and len(pieces) > 1:
            # The window's edge may have cut the last piece amid a word: begin again with it.
            next_begin = begin + pieces.pop()[0]
        for start, piece in pieces:
            yield begin + start, begin + start + len(piece)
        begin = next_begin


@lru_cache(maxsize=16)
def _splitter(size: Size) -> TextSplitter:
    return TextSplitter.from_callback(count_tokens, size.tokens, overlap=size.overlap)
