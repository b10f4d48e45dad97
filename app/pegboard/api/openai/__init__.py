"""OpenAI's API, under `/v1`."""

from functools import partial

from fastapi import FastAPI, Security
from fastapi.security import HTTPBearer
from starlette.datastructures import Headers
from starlette.middleware import Middleware

from pegboard.api.http import documented_responses, reference_page
from pegboard.api.http.api_rules import ApiRules
from pegboard.api.http.asgi import LimitBody, RefuseNul, RequireKey, TolerateTrailingSlash
from pegboard.api.http.cors import cors
from pegboard.api.http.fair_admission import AdmitInTurn
from pegboard.api.http.idempotency import IdempotencyMiddleware
from pegboard.api.http.request_telemetry import RecordRoute
from pegboard.api.openai import (
    assistant_files,
    assistants,
    chat,
    embeddings,
    faults,
    file_batches,
    files,
    lost_responses,
    message_files,
    messages,
    models,
    moderations,
    runs,
    threads,
    vector_store_files,
    vector_stores,
)
from pegboard.api.openai.originals.translation import TranslateOriginals
from pegboard.api.openai.profiles.translation import TranslateOlder
from pegboard.public_ids import Prefix, uuid_of

_DESCRIPTION = """
Assistants, threads, messages, runs, files, vector stores, chat completions, embeddings and models
in the shapes of OpenAI's API. Every call carries a key as a bearer token. Any OpenAI SDK works with
its base URL set to this server's `/v1`. A write with an `Idempotency-Key` is carried out once, and
answered the same whenever it is sent again within a day.
"""
_HEADERS = (
    "Authorization",
    "Content-Type",
    "OpenAI-Beta",
    "OpenAI-Organization",
    "OpenAI-Project",
    "Idempotency-Key",
    "Last-Event-ID",
)


def build(rules: ApiRules) -> FastAPI:
    """The API as an application of its own, to be mounted at `/v1`."""
    app = FastAPI(
        title="Pegboard: OpenAI API",
        description=_DESCRIPTION,
        version=rules.version,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        strict_content_type=False,
        # For the reference page alone: RequireKey has looked at the key before.
        dependencies=[Security(HTTPBearer(auto_error=False))],
        middleware=[
            Middleware(TolerateTrailingSlash),
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
            Middleware(RefuseNul, status=400, refuse=faults.refuse),
            Middleware(
                AdmitInTurn, admission=rules.admission, error_response=faults.error_response
            ),
            Middleware(LimitBody, limit=rules.max_body, form_limit=rules.max_upload),
            Middleware(TranslateOlder),
            Middleware(
                TranslateOriginals,
                directory=rules.directory,
                imported=rules.imported,
                error_response=faults.error_response,
            ),
            Middleware(IdempotencyMiddleware, ledger=rules.ledger, dialect=lost_responses.DIALECT),
            Middleware(RecordRoute, run_of=partial(uuid_of, Prefix.RUN)),
        ],
    )
    faults.install(app)
    reference_page.install(app)
    documented_responses.install(app, faults.FORMAT)
    for noun in (
        assistants,
        assistant_files,
        runs,
        threads,
        messages,
        message_files,
        files,
        vector_stores,
        vector_store_files,
        file_batches,
        chat,
        embeddings,
        moderations,
        models,
    ):
        app.include_router(noun.router)
    return app


def key_of(headers: Headers) -> str:
    """The key of a request: a bearer token."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
