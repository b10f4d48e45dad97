"""Requests whose JSON is strict, for FastAPI's own parsing of bodies."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pegboard.api.http.idempotency import kept_headers
from pegboard.api.http.sse import EventStream
from pegboard.idempotency.attempts import Answer, is_under_way, note_answer
from pegboard.strict_json import BadJson, loads_aside


def invalid_json(error: BadJson) -> RequestValidationError:
    """The error in the form in which FastAPI reports a body that cannot be parsed."""
    return RequestValidationError(
        [
            {
                "type": "json_invalid",
                "loc": ("body", error.position),
                "msg": f"JSON decode error: {error.problem}",
                "input": {},
            }
        ]
    )


def missing(field: str) -> RequestValidationError:
    """The error that FastAPI reports for a required field of the body that is not there."""
    return RequestValidationError(
        [{"type": "missing", "loc": ("body", field), "msg": "Field required", "input": None}]
    )


class StrictRequest(Request):
    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            try:
                self._json = await loads_aside(await self.body())
            except BadJson as error:
                raise _Invalid(error) from error
        return self._json


class _Invalid(HTTPException):
    """Carries the error through FastAPI, which makes a bare 400 of others met while parsing."""

    def __init__(self, error: BadJson) -> None:
        super().__init__(422)
        self.error = error


Handle: TypeAlias = Callable[[Request], Coroutine[Any, Any, Response]]


class NotingRoute(APIRoute):
    """A route whose answer is known to the transaction of its `Writing` scope.

    That is still open here, so a request with a key is written together with its answer.
    """

    def get_route_handler(self) -> Handle:
        handle = super().get_route_handler()

        async def handle_and_note(request: Request) -> Response:
            response = await handle(request)
            if is_under_way() and not isinstance(response, StreamingResponse | EventStream):
                headers = kept_headers(response.raw_headers)
                note_answer(Answer(response.status_code, headers, bytes(response.body)))
            return response

        return handle_and_note


class StrictRoute(NotingRoute):
    """A route that reads its bodies with `strict_json`."""

    def get_route_handler(self) -> Handle:
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            try:
                return await handle(StrictRequest(request.scope, request.receive))
            except _Invalid as invalid:
                raise invalid_json(invalid.error) from invalid

        return handle_strictly
