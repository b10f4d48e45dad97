"""What a message says, where that is more than a text. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias, assert_never
from uuid import UUID

from pegboard.db.base import JsonDict
from pegboard.public_ids import Prefix, public_id


@dataclass(frozen=True, slots=True)
class TextPart:
    text: str


@dataclass(frozen=True, slots=True)
class ImagePart:
    """A picture at an address, or in a `data:` URL; `detail` is how closely it is to be seen."""

    url: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class FilePart:
    """A picture that is one of the tenant's files."""

    file_id: UUID
    detail: str | None = None


Part: TypeAlias = TextPart | ImagePart | FilePart


def to_json(parts: Iterable[Part]) -> list[JsonDict]:
    """As columns hold them: as OpenAI's API writes them, with a file's id as rooms know it."""
    return [_part_to_json(part) for part in parts]


def _part_to_json(part: Part) -> JsonDict:
    match part:
        case TextPart(text):
            return {"type": "text", "text": text}
        case ImagePart(url, detail):
            return {"type": "image_url", "image_url": {"url": url, **_detailed(detail)}}
        case FilePart(file_id, detail):
            shown = {"file_id": public_id(Prefix.FILE, file_id), **_detailed(detail)}
            return {"type": "image_file", "image_file": shown, "file": str(file_id)}
        case _:
            assert_never(part)


def _detailed(detail: str | None) -> JsonDict:
    return {} if detail is None else {"detail": detail}
