"""What a message says, where that is more than a text. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, assert_never
from uuid import UUID

from pegboard.db.base import JsonDict
from pegboard.public_ids import Prefix, public_id


@dataclass(frozen=True, slots=True)
class TextPart:
    """`annotations` are those of an imported message, as they were told elsewhere."""

    text: str
    annotations: tuple[JsonDict, ...] = ()


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


@dataclass(frozen=True, slots=True)
class RefusalPart:
    """What a model said in place of an answer."""

    text: str


Part: TypeAlias = TextPart | ImagePart | FilePart | RefusalPart


def to_json(parts: Iterable[Part]) -> list[JsonDict]:
    """As columns hold them: as OpenAI's API writes them, with a file's id as rooms know it."""
    return [_part_to_json(part) for part in parts]


def _part_to_json(part: Part) -> JsonDict:
    match part:
        case TextPart(text, annotations):
            marked = {"annotations": list(annotations)} if annotations else {}
            return {"type": "text", "text": text, **marked}
        case ImagePart(url, detail):
            return {"type": "image_url", "image_url": {"url": url, **_detailed(detail)}}
        case FilePart(file_id, detail):
            shown = {"file_id": public_id(Prefix.FILE, file_id), **_detailed(detail)}
            return {"type": "image_file", "image_file": shown, "file": str(file_id)}
        case RefusalPart(text):
            return {"type": "refusal", "refusal": text}
        case _:
            assert_never(part)


def from_json(stored: Iterable[Mapping[str, Any]]) -> tuple[Part, ...]:
    """What is stored, without pictures of files that are none of ours."""
    parts = (_part_from_json(one) for one in stored)
    return tuple(part for part in parts if part is not None)


def _part_from_json(stored: Mapping[str, Any]) -> Part | None:
    kind = stored["type"]
    if kind == "text":
        return TextPart(stored.get("text") or "", tuple(stored.get("annotations") or ()))
    if kind == "image_url":
        return ImagePart(stored[kind]["url"], stored[kind].get("detail"))
    if kind == "image_file" and "file" in stored:
        return FilePart(UUID(stored["file"]), stored[kind].get("detail"))
    if kind == "refusal":
        return RefusalPart(stored.get(kind) or "")
    return None


def _detailed(detail: str | None) -> JsonDict:
    return {} if detail is None else {"detail": detail}
