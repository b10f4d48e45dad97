"""An API's OpenAPI document, completed with all that its operations answer.

FastAPI documents what endpoints return. What middleware and exception handlers answer, and that an
answer may be an event stream, is added here for every operation by what it takes, so that a new
endpoint is documented without another word.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import FastAPI

JsonObject = dict[str, Any]

_ERROR: Final = "Error"
_INVALID: Final = "InvalidRequest"
_REFERENCE: Final = "#/components/{}/{}"
_TEXT: Final = {"type": "string"}
_STREAM: Final = {
    # OpenAPI has `itemSchema` for this only from 3.2 on; until then tools read it so.
    "schema": {
        "description": "Each server-sent event of the stream.",
        "type": "object",
        "properties": {"data": _TEXT, "event": _TEXT, "id": _TEXT},
        "required": ["data"],
    }
}
_RETRY_AFTER: Final = {
    "Retry-After": {
        "description": "How many seconds to wait before trying again, where that is known.",
        "schema": {"type": "integer"},
    }
}
_DESCRIPTIONS: Final = {
    400: "The request is invalid, or cannot be carried out as things stand.",
    401: "The API key is missing or wrong.",
    403: "The API key does not permit this, or the request came by a wrong host or origin.",
    404: "There is no such object, or it is another tenant's.",
    409: "The request conflicts with what is under way or was done before.",
    410: "The events of this run are not kept any more.",
    413: "The request body, or a part of it, is too large.",
    422: "The request does not have the shape that is documented.",
    429: "A limit of this API key, or of a provider, is reached.",
    500: "The server has a fault; the message holds the id of the request.",
    501: "This server does not have the feature that is asked for.",
    502: "A provider failed.",
    503: "The server, its database or a provider is not available at the moment.",
}
_WAITS: Final = frozenset({409, 429, 503})


@dataclass(frozen=True, slots=True)
class ErrorFormat:
    """How an API answers errors.

    `error` is the schema of their body, `invalid` that of a 422, None where such requests are
    answered 400. `conflicts` and `unsupported` say whether a 409 and a 501 are answered.
    """

    error: JsonObject
    invalid: JsonObject | None = None
    conflicts: bool = False
    unsupported: bool = False


def install(app: FastAPI, errors: ErrorFormat) -> None:
    """Have the application complete its document when it is first asked for."""
    document = app.openapi

    def completed() -> JsonObject:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(document(), errors)
        return app.openapi_schema

    app.openapi = completed  # type: ignore[method-assign]  # the way FastAPI documents


def _completed(document: JsonObject, errors: ErrorFormat) -> JsonObject:
    components = document["components"]
    schemas = components["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):  # FastAPI's own 422
        schemas.pop(unused, None)
    schemas[_ERROR] = errors.error
    if errors.invalid is not None:
        schemas[_INVALID] = errors.invalid
    documented: set[int] = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            statuses = set(_statuses(path, method, operation, schemas, errors))
            documented |= statuses
            responses = operation["responses"]
            responses.pop("422", None)
            _add_stream(path, operation, schemas)
            responses |= {
                str(status): {"$ref": _REFERENCE.format("responses", _name(status))}
                for status in sorted(statuses)
            }
    components["responses"] = {_name(status): _response(status) for status in sorted(documented)}
    return document


def _statuses(
    path: str, method: str, operation: JsonObject, schemas: JsonObject, errors: ErrorFormat
) -> Iterator[int]:
    writes = method != "get"
    takes_body = "requestBody" in operation
    yield from (400, 401, 403, 429, 500, 503)
    if "{" in path or takes_body:  # bodies name objects, too
        yield 404
    if takes_body:
        yield from (413, 502)
    if writes and errors.conflicts:
        yield 409
    if errors.invalid is not None and (writes or operation.get("parameters")):
        yield 422
    if _follows(path):
        yield 410
    if errors.unsupported and _may_stream(operation, schemas):
        yield 501


def _add_stream(path: str, operation: JsonObject, schemas: JsonObject) -> None:
    content = operation["responses"]["200"]["content"] if "200" in operation["responses"] else {}
    if _follows(path):
        content.pop("application/json", None)
    if _follows(path) or _may_stream(operation, schemas):
        content["text/event-stream"] = _STREAM


def _follows(path: str) -> bool:
    return path.endswith("/stream")


def _may_stream(operation: JsonObject, schemas: JsonObject) -> bool:
    """Whether the body may ask for a stream."""
    kinds: Mapping[str, JsonObject] = operation.get("requestBody", {}).get("content", {})
    for kind in kinds.values():
        schema = kind["schema"]
        reference = schema.get("$ref")
        if reference is not None:
            schema = schemas[reference.rpartition("/")[2]]
        if "stream" in schema.get("properties", {}):
            return True
    return False


def _name(status: int) -> str:
    return f"Status{status}"  # a phrase would differ from one Python to the next


def _response(status: int) -> JsonObject:
    shape = _INVALID if status == 422 else _ERROR
    schema = {"$ref": _REFERENCE.format("schemas", shape)}
    response: JsonObject = {
        "description": _DESCRIPTIONS[status],
        "content": {"application/json": {"schema": schema}},
    }
    return {**response, "headers": _RETRY_AFTER} if status in _WAITS else response
