"""Errors in the dialect of the Backboard API: a JSON object whose `detail` says what is wrong.

A text for a person is a string; the list form is for schema errors alone, as the JavaScript client
cannot print it.
"""

from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from pegboard.api.http.documented_responses import ErrorFormat
from pegboard.api.http.shortening import MOST_ERRORS, shortened
from pegboard.db.availability import unavailability
from pegboard.errors import NO_ROOM, AppError, ErrorKind, is_full
from pegboard.idempotency.attempts import note_failed_run
from pegboard.idempotency.errors import KeyReused, StillRunning
from pegboard.runs.model.snapshots import Failure
from pegboard.runs.statuses import IllegalRunMove

STATUS: Final[dict[ErrorKind, int]] = {
    ErrorKind.INVALID: 400,
    ErrorKind.UNAUTHENTICATED: 401,
    ErrorKind.FORBIDDEN: 403,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.GONE: 410,
    ErrorKind.CONFLICT: 409,
    ErrorKind.TOO_LARGE: 413,
    ErrorKind.EXHAUSTED: 429,
    ErrorKind.UNSUPPORTED: 501,
    ErrorKind.PROVIDER_FAILED: 502,
    ErrorKind.UNAVAILABLE: 503,
}
_BY_CODE: Final = {IllegalRunMove.code: 400, KeyReused.code: 422, StillRunning.code: 409}

FORMAT: Final = ErrorFormat(
    error={
        "type": "object",
        "properties": {"detail": {"type": "string"}},
        "required": ["detail"],
        "additionalProperties": False,
    },
    invalid={
        "description": "A list for what the schema refuses, a text for everything else.",
        "type": "object",
        "properties": {
            "detail": {
                "anyOf": [
                    {"type": "string"},
                    {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {
                                "loc": {
                                    "type": "array",
                                    "items": {"type": ["string", "integer"]},
                                },
                                "msg": {"type": "string"},
                                "type": {"type": "string"},
                            },
                            "required": ["loc", "msg", "type"],
                            "additionalProperties": False,
                        },
                    },
                ]
            }
        },
        "required": ["detail"],
        "additionalProperties": False,
    },
    conflicts=True,
    unsupported=True,
)

log = structlog.get_logger("pegboard.backboard")


class RunBrokeOff(AppError):
    """A run that failed before it wrote anything, as an error of the request that began it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.kind = failure.kind
        self.code = failure.code
        self.retry_after = failure.retry_after


def refuse(status: int, detail: str) -> Response:
    return JSONResponse({"detail": detail}, status_code=status)


def refuse_key(given: bool) -> Response:
    """The same for a key that is missing and one that is wrong."""
    return refuse(401, "Invalid or missing API key")


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
    response = refuse(_BY_CODE.get(error.code) or STATUS[error.kind], error.message)
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        response.headers["Retry-After"] = str(max(1, round(retry_after)))
    return response


async def _app_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, AppError)  # noqa: S101  registered for this class
    if isinstance(error, RunBrokeOff):
        note_failed_run()
    return error_response(error)


async def _schema_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    # What the client sent is not sent back: it may be large, and it may be a secret.
    errors = error.errors()
    details: list[dict[str, Any]] = [
        {"loc": list(map(shortened, one["loc"])), "msg": shortened(one["msg"]), "type": one["type"]}
        for one in errors[:MOST_ERRORS]
    ]
    if len(errors) > MOST_ERRORS:
        more = f"… and {len(errors) - MOST_ERRORS} more"
        details.append({"loc": ["body"], "msg": more, "type": "too_many_errors"})
    return JSONResponse({"detail": details}, status_code=422)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    response = refuse(error.status_code, str(error.detail))
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
    answer = refuse(500, f"Internal server error ({request.state.request_id})")
    # The server closes it anyhow; unsaid, the next request on it would be lost.
    answer.headers["Connection"] = "close"
    return answer
