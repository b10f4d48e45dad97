"""Errors in OpenAI's dialect: `{"error": {"message", "type", "param", "code"}}`, everywhere.

Never 409 or 422: SDKs repeat a 409 by themselves, and what a schema refuses is a 400 here.
"""

from collections.abc import Sequence
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from pegboard.api.http.documented_responses import ErrorFormat
from pegboard.api.http.shortening import shortened
from pegboard.api.openai.missing import in_our_words
from pegboard.db.availability import unavailability
from pegboard.errors import NO_ROOM, AppError, ErrorKind, is_full
from pegboard.tenants.limits import LimitReached

_INVALID: Final = "invalid_request_error"
_SERVER: Final = "server_error"
_PATIENT_SECONDS: Final = 60

STATUS: Final[dict[ErrorKind, tuple[int, str]]] = {
    ErrorKind.INVALID: (400, _INVALID),
    ErrorKind.UNAUTHENTICATED: (401, _INVALID),
    ErrorKind.FORBIDDEN: (403, _INVALID),
    ErrorKind.NOT_FOUND: (404, _INVALID),
    ErrorKind.GONE: (410, _INVALID),
    ErrorKind.CONFLICT: (400, _INVALID),
    ErrorKind.TOO_LARGE: (413, _INVALID),
    ErrorKind.EXHAUSTED: (429, "requests"),
    ErrorKind.UNSUPPORTED: (400, _INVALID),
    ErrorKind.PROVIDER_FAILED: (502, _SERVER),
    ErrorKind.UNAVAILABLE: (503, _SERVER),
}

_TEXT_OR_NULL: Final = {"type": ["string", "null"]}
FORMAT: Final = ErrorFormat(
    error={
        "type": "object",
        "properties": {
            "error": {
                "type": "object",
                "properties": {
                    "message": {"type": "string"},
                    "type": {"type": "string"},
                    "param": _TEXT_OR_NULL,
                    "code": _TEXT_OR_NULL,
                },
                "required": ["message", "type", "param", "code"],
                "additionalProperties": False,
            }
        },
        "required": ["error"],
        "additionalProperties": False,
    }
)

log = structlog.get_logger("pegboard.openai")


class BadParameter(AppError):
    """A parameter that is wrong in a way which the schema does not state."""

    def __init__(self, message: str, *, param: str | None, code: str = "invalid_value") -> None:
        super().__init__(message)
        self.param = param
        self.code = code


class Refused(AppError):
    """Something refused in just these words; `code` may be null here."""

    def __init__(
        self,
        message: str,
        *,
        kind: ErrorKind = ErrorKind.INVALID,
        param: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.param = param
        self.code = code or ""


def envelope(
    message: str, *, kind: str, param: str | None = None, code: str | None = None
) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def error_body(error: AppError) -> dict[str, Any]:
    """An error as a body, or as the last frame of a stream."""
    error = in_our_words(error)
    _, kind = STATUS[error.kind]
    if isinstance(error, LimitReached):
        kind = error.counted
    param = getattr(error, "param", None)
    return envelope(
        shortened(error.message), kind=kind, param=shortened(param), code=error.code or None
    )


def refuse(status: int, message: str) -> Response:
    return JSONResponse(
        envelope(message, kind=_SERVER if status >= 500 else _INVALID), status_code=status
    )


def refuse_key(given: bool) -> Response:
    if given:
        message, code = "Incorrect API key provided.", "invalid_api_key"
    else:
        message, code = "You didn't provide an API key: send it as a bearer token.", None
    return JSONResponse(envelope(message, kind=_INVALID, code=code), status_code=401)


def install(app: FastAPI) -> None:
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(RequestValidationError, _schema_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(DBAPIError, _fault)
    app.add_exception_handler(PoolTimeout, _fault)
    app.add_exception_handler(OSError, _fault)
    app.add_exception_handler(Exception, _fault)


def error_response(error: AppError) -> Response:
    """An error as this API answers it."""
    status, _ = STATUS[error.kind]
    response = JSONResponse(error_body(error), status_code=status)
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        response.headers["Retry-After"] = str(max(1, round(retry_after)))
        if retry_after > _PATIENT_SECONDS:
            # SDKs pass over so long a wait, and would try again at once.
            response.headers["x-should-retry"] = "false"
    return response


async def _app_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, AppError)  # noqa: S101  registered for this class
    return error_response(error)


async def _schema_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    first = error.errors()[0]
    param = _path(first["loc"])
    code: str | None
    match first["type"]:
        case "missing":
            message, code = f"Missing required parameter: '{param}'.", "missing_required_parameter"
        case "json_invalid":
            message, code, param = f"We could not parse the JSON body: {first['msg']}.", None, None
        case kind if kind.endswith(("_type", "_parsing")):
            message, code = f"Invalid type for '{param}': {first['msg']}.", "invalid_type"
        case _:
            message, code = f"Invalid '{param}': {first['msg']}.", "invalid_value"
    message, param = shortened(message), shortened(param)
    return JSONResponse(envelope(message, kind=_INVALID, param=param, code=code), status_code=400)


def _path(loc: Sequence[int | str]) -> str | None:
    """`messages[0].content`, as OpenAI writes places."""
    place = ""
    for step in loc[1:]:
        place += f"[{step}]" if isinstance(step, int) else f".{step}" if place else step
    return place or None


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    message = str(error.detail)
    if error.status_code in {404, 405}:
        message = f"Invalid URL ({request.method} {request.url.path})"
    response = refuse(error.status_code, message)
    response.headers.update(error.headers or {})
    return response


async def _fault(request: Request, error: Exception) -> Response:
    known = unavailability(error)
    if known is not None:
        return error_response(known)
    if is_full(error):
        log.error("disk_full", error=str(error))
        return refuse(503, NO_ROOM)
    log.error("fault", exc_info=error)
    answer = refuse(
        500, f"The server had an error while processing your request ({request.state.request_id})"
    )
    # The server closes it anyhow; unsaid, the next request on it would be lost.
    answer.headers["Connection"] = "close"
    return answer
