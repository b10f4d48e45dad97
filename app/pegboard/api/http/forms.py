"""Forms, multipart and urlencoded, read in pieces that leave room for others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request

_URLENCODED: Final = "application/x-www-form-urlencoded"
_MOST_FIELDS: Final = 200
_LARGEST_FIELD: Final = 1024 * 1024
_SLICE: Final = 64 * 1024


async def read_form(
    request: Request,
    *,
    max_files: int,
    max_fields: int = _MOST_FIELDS,
    max_text: int = _LARGEST_FIELD,
) -> FormData:
    """The fields and files of a form. Raises HTTPException with 400 or, for a long field, 413."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != _URLENCODED:
        return await _multipart(request, max_files, max_fields, max_text)
    body = await request.body()
    if body.count(b"&") >= max_fields:
        raise HTTPException(400, f"Too many fields. Maximum number of fields is {max_fields}.")
    if len(body) <= _SLICE:
        return _urlencoded(body)
    return await asyncio.to_thread(_urlencoded, body)


@asynccontextmanager
async def opened_form(
    request: Request, *, max_files: int, max_fields: int
) -> AsyncIterator[FormData]:
    """The same for a block; its files are closed afterwards."""
    form = await read_form(request, max_files=max_files, max_fields=max_fields)
    try:
        yield form
    finally:
        await form.close()


async def _multipart(request: Request, max_files: int, max_fields: int, max_text: int) -> FormData:
    try:
        return await request.form(
            max_files=max_files, max_fields=max_fields, max_part_size=max_text
        )
    except HTTPException as error:
        if "exceeded maximum size" in str(error.detail):
            raise HTTPException(413, f"A form field is larger than {max_text} bytes") from error
        raise


def _urlencoded(body: bytes) -> FormData:
    """Without the framework's parser, which holds the loop for as long as it takes."""
    pairs = (field.partition(b"=") for field in body.split(b"&") if field)
    return FormData([(_decoded(name), _decoded(value)) for name, _, value in pairs])


def _decoded(text: bytes) -> str:
    pieces: list[bytes] = []
    start = 0
    while start < len(text):
        end = start + _SLICE
        # An escape is not cut in two.
        cut = text.rfind(b"%", end - 2, end)
        end = cut if cut > start else end
        pieces.append(unquote_to_bytes(text[start:end].replace(b"+", b" ")))
        start = end
    return b"".join(pieces).decode(errors="replace")
