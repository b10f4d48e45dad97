"""Read a message from a request in any of the encodings that clients use.

JSON, urlencoded form, multipart with or without files. FastAPI binds a route to one of them; here
the Content-Type decides.
"""

from collections.abc import Sequence
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.documents.formats import suffix_of
from app.documents.operations import ReadFile, read_file
from app.surfaces.backboard.wire.message_request import BadMessage, MessageIn
from app.surfaces.requests import invalid_json
from app.surfaces.strict_json import BadJson, check_text, loads

MAX_FILES: Final = 20


async def read_message(
    request: Request, *, max_text: int
) -> tuple[MessageIn, Sequence[tuple[str, bytes]]]:
    """The message, and its files as (name, bytes). `max_text` bounds one form field, in bytes."""
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        fields, files = await _read_form(request, max_text)
    else:
        fields, files = await _read_json(request), []
    try:
        message = MessageIn.model_validate(fields)
    except ValidationError as error:
        raise RequestValidationError(
            [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False)]
        ) from error
    message.check()
    return message, files


async def _read_json(request: Request) -> dict[str, Any]:
    body = await request.body()
    if not body.strip():
        return {}
    try:
        fields = loads(body)
    except BadJson as error:
        raise invalid_json(error) from error
    if not isinstance(fields, dict):
        raise RequestValidationError(
            [{"type": "dict_type", "loc": ("body",), "msg": "Input should be a JSON object"}]
        )
    return fields


async def _read_form(
    request: Request, max_text: int
) -> tuple[dict[str, Any], list[tuple[str, bytes]]]:
    try:
        form = await request.form(max_files=MAX_FILES, max_fields=200, max_part_size=max_text)
    except HTTPException as error:
        if "exceeded maximum size" in str(error.detail):
            raise HTTPException(413, f"A form field is larger than {max_text} bytes") from error
        raise
    try:
        return _fields_of(form), await _files_of(form)
    finally:
        await form.close()


def _fields_of(form: FormData) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            try:
                fields[name] = check_text(value)
            except BadJson as error:
                raise BadMessage(f"{name}: {error.problem}") from error
    return fields


async def _files_of(form: FormData) -> list[tuple[str, bytes]]:
    uploads = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
    # A form without a chosen file carries an empty part without a name.
    named = [upload for upload in uploads if upload.filename]
    for upload in named:
        suffix_of(upload.filename or "")
    return [(upload.filename or "", await upload.read()) for upload in named]


def read_files(files: Sequence[tuple[str, bytes]]) -> list[ReadFile]:
    return [read_file(name, data) for name, data in files]
