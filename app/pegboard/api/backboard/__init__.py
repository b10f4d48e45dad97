"""The Backboard API, under `/api`."""

from uuid import UUID

from fastapi import FastAPI, Security
from fastapi.security import APIKeyHeader
from starlette.datastructures import Headers
from starlette.middleware import Middleware

from pegboard.api.backboard import (
    assistants,
    documents,
    faults,
    lost_responses,
    memories,
    messages,
    models,
    realtime,
    runs,
    threads,
    usage,
)
from pegboard.api.backboard.connections import CloseUnended
from pegboard.api.http import documented_responses, reference_page
from pegboard.api.http.api_rules import ApiRules
from pegboard.api.http.asgi import LimitBody, RefuseNul, RequireKey, TolerateTrailingSlash
from pegboard.api.http.cors import cors
from pegboard.api.http.fair_admission import AdmitInTurn
from pegboard.api.http.idempotency import IdempotencyMiddleware
from pegboard.api.http.request_telemetry import RecordRoute

_DESCRIPTION = """
Assistants with threads, messages, tool calls and streaming, in the shapes of the Backboard API.
Every call carries a key in `X-API-Key`. Any Backboard SDK works with its base URL set to this
server's `/api`. A write with an `Idempotency-Key` is carried out once, and answered the same
whenever it is sent again within a day.
"""

_HEADERS = ("X-API-Key", "Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID")


def build(rules: ApiRules) -> FastAPI:
    """The API as an application of its own, to be mounted at `/api`."""
    app = FastAPI(
        title="Pegboard: Backboard API",
        description=_DESCRIPTION,
        version=rules.version,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        strict_content_type=False,
        # For the reference page alone: RequireKey has looked at the key before.
        dependencies=[Security(APIKeyHeader(name="X-API-Key", auto_error=False))],
        middleware=[
            Middleware(TolerateTrailingSlash),
            Middleware(CloseUnended),
            *cors(rules, headers=_HEADERS),
            Middleware(
                RequireKey,
                key_of=key_of,
                recognise=rules.recognise,
                admit=rules.admit,
                error_response=faults.error_response,
                refuse_key=faults.refuse_key,
                open_paths=reference_page.OPEN_PATHS,
            ),
            Middleware(RefuseNul, status=422, refuse=faults.refuse),
            Middleware(
                AdmitInTurn, admission=rules.admission, error_response=faults.error_response
            ),
            Middleware(LimitBody, limit=rules.max_body, form_limit=rules.max_upload),
            Middleware(IdempotencyMiddleware, ledger=rules.ledger, dialect=lost_responses.DIALECT),
            Middleware(RecordRoute, run_of=_run_of),
        ],
    )
    faults.install(app)
    reference_page.install(app)
    documented_responses.install(app, faults.FORMAT)
    for noun in (memories, assistants, messages, realtime, runs, threads, documents, models, usage):
        app.include_router(noun.router)
    return app


def key_of(headers: Headers) -> str:
    """The key of a request: `X-API-Key`, or a bearer token where that is absent."""
    key = headers.get("x-api-key", "").strip()
    if key:
        return key
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _run_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
