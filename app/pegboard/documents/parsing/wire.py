"""The lines that a reading process writes: ready, a section, a fault, the end."""

import json
from dataclasses import dataclass
from typing import Final, TypeAlias

from pegboard.documents.formats.sections import PIECE, Section

LONGEST_LINE: Final = 12 * (PIECE + 2_000)
"""Bytes: JSON writes a control character as six; heading and place come with the piece."""

LONGEST_PACKET: Final = 4_096
"""Bytes of what the server and its fork server send each other."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The reader is loaded; whatever happens from here on is the file's doing."""


@dataclass(frozen=True, slots=True)
class Fault:
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class End:
    pass


Line: TypeAlias = Ready | Section | Fault | End


def encode(line: Line) -> bytes:
    match line:
        case Section(text=text, heading=heading, place=place):
            words = ["section", text, heading, place]
        case Fault(reason=reason, detail=detail):
            words = ["fault", reason, detail]
        case Ready():
            words = ["ready"]
        case End():
            words = ["end"]
    # Lone surrogates have no UTF-8, NULs no place in Postgres.
    return json.dumps(words, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def decode(line: bytes) -> Line | None:
    """None for anything that `encode` does not write: the writer may have been taken over."""
    try:
        words = json.loads(line)
    except (ValueError, RecursionError):
        return None
    match words:
        case ["section", str(text), str() | None as heading, str() | None as place]:
            return Section(text, heading, place)
        case ["fault", str(reason), str(detail)]:
            return Fault(reason[:500], detail[:2_000])
        case ["ready"]:
            return Ready()
        case ["end"]:
            return End()
    return None
