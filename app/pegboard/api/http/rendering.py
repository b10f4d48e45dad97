"""Long answers in JSON: rendered item by item, so that others get their turn in between.

Rendered whole, an answer of a hundred megabytes would hold the event loop for as long as it takes.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse

from pegboard.strict_json import dumps

_TURN_BYTES: Final = 128 * 1024
_TURN_ITEMS: Final = 50
_PART: Final = 64 * 1024
_TYPE: Final = "application/json"


async def rendered(items: Iterable[BaseModel | dict[str, Any]]) -> list[bytes]:
    """Each item as JSON, in their order. Lazy items are made one by one as well."""
    parts: list[bytes] = []
    size = 0
    for number, item in enumerate(items, start=1):
        text = dumps(item) if isinstance(item, dict) else item.model_dump_json(by_alias=True)
        part = text.encode()
        parts.append(part)
        size += len(part)
        if size > _TURN_BYTES or number % _TURN_ITEMS == 0:
            size = 0
            await asyncio.sleep(0)
    return parts


def json_response(content: object, headers: Mapping[str, str] | None = None) -> Response:
    """An object at once, by an encoder that takes a few milliseconds for a megabyte."""
    return Response(dumps(content), media_type=_TYPE, headers=headers)


def list_response(parts: Iterable[bytes], *, head: bytes = b"", tail: bytes = b"") -> Response:
    """The rendered parts as one list, between what is sent before and after it."""
    pieces = [head, b"["]
    for number, part in enumerate(parts):
        pieces += (b",", part) if number else (part,)
    pieces += (b"]", tail)
    return pieces_response(pieces)


def pieces_response(pieces: list[bytes]) -> Response:
    size = sum(map(len, pieces))
    if size <= _PART:
        return Response(b"".join(pieces), media_type=_TYPE)
    headers = {"Content-Length": str(size)}
    return StreamingResponse(_in_parts(pieces), media_type=_TYPE, headers=headers)


async def _in_parts(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Few writes for many small pieces, and no copy of all."""
    gathered: list[bytes] = []
    size = 0
    for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size > _PART:
            yield b"".join(gathered)
            gathered, size = [], 0
    if gathered:
        yield b"".join(gathered)
