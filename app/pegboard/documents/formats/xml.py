"""XML as lines of "path: text". Entities are never expanded: a document that declares any is
refused, as nobody sends a text for us to multiply."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final
from xml.parsers import expat

from pegboard.documents.formats.decoding import read_bytes, text_of
from pegboard.documents.formats.faults import UnreadableFile
from pegboard.documents.formats.sections import Section, packed

_NAMED_ENCODING: Final = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)""")
_DEEPEST: Final = 10_000


def read(file: BinaryIO, suffix: str) -> Iterator[Section]:
    text = text_of(read_bytes(file), declared=named_encoding)
    lines = _Lines()
    try:
        lines.feed(text)
    except expat.ExpatError:
        yield Section(text)  # not well-formed, and text all the same
    else:
        yield from packed(lines.done)


def named_encoding(head: bytes) -> str | None:
    match = _NAMED_ENCODING.search(head)
    return match[1].decode("ascii") if match else None


@dataclass(slots=True)
class _Element:
    name: str
    texts: list[str] = field(default_factory=list)


class _Lines:
    """Text inside a text ("a <b>bold</b> word") stays in its sentence, all else is a line."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self._open: list[_Element] = []

    def feed(self, text: str) -> None:
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._entity
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.Parse(text.encode("utf-8", "replace"), True)

    def _doctype(self, name: str, system: str | None, public: str | None, inner: bool) -> None:
        if inner:
            self._entity()

    def _entity(self, *_: object) -> None:
        raise UnreadableFile("The XML declares a document type of its own, which is not read")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= _DEEPEST:
            raise UnreadableFile("The XML is nested too deeply")
        self._open.append(_Element(name.rpartition(":")[2]))
        for key, value in attributes.items():
            if value.strip() and not key.startswith("xmlns"):
                self._tell(f"@{key.rpartition(':')[2]}", value)

    def _text(self, text: str) -> None:
        if text.strip() or self._open[-1].texts:
            self._open[-1].texts.append(text)

    def _end(self, name: str) -> None:
        text = " ".join("".join(self._open[-1].texts).split())
        if text and len(self._open) > 1 and self._open[-2].texts:
            self._open[-2].texts.append(text)
        elif text:
            self._tell("", text)
        self._open.pop()

    def _tell(self, suffix: str, text: str) -> None:
        path = ".".join(element.name for element in self._open[-3:])
        self.done.append(f"{path}{suffix}: {' '.join(text.split())}")
