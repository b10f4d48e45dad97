"""Read a message from a request in any of the encodings that clients use.

JSON, urlencoded form, multipart with or without files. FastAPI binds a route to one of them; here
the Content-Type decides.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from pegboard.api.backboard.uploads import files_of
from pegboard.api.backboard.wire.message_request import BadMessage, MessageIn, refuse_unsupported
from pegboard.api.http.forms import read_form
from pegboard.api.http.requests import invalid_json
from pegboard.strict_json import BadJson, check_text, loads_aside

MAX_FILES: Final = 20
Shape = TypeVar("Shape", bound=MessageIn)


async def read_message(
    request: Request, shape: type[Shape], *, max_text: int
) -> tuple[Shape, Sequence[UploadFile]]:
    """The message and its files, open while the request lasts; `max_text` bounds a field."""
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        fields, files = await _read_form(request, max_text)
    else:
        fields, files = await _read_json(request), []
    try:
        message = shape.model_validate(fields)
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
        fields = await loads_aside(body)
    except BadJson as error:
        raise invalid_json(error) from error
    if not isinstance(fields, dict):
        raise RequestValidationError(
            [{"type": "dict_type", "loc": ("body",), "msg": "Input should be a JSON object"}]
        )
    return fields


async def _read_form(request: Request, max_text: int) -> tuple[dict[str, Any], list[UploadFile]]:
    form = await read_form(request, max_files=MAX_FILES, max_text=max_text)
    return _fields_of(form), files_of(form)


def _fields_of(form: FormData) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            refuse_unsupported(name, value.filename)
        else:
            try:
                fields[name] = check_text(value)
            except BadJson as error:
                raise BadMessage(f"{name}: {error.problem}") from error
    return fields
