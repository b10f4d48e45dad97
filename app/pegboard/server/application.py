"""The web application: mounts the APIs, answers the questions of those who operate it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any, Final

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from pegboard.api import backboard, openai
from pegboard.api.http import reference_page
from pegboard.api.http.api_rules import ApiRules
from pegboard.api.http.asgi import Refuse
from pegboard.api.http.draining import RejectWhenDraining
from pegboard.api.http.entering import EnterInTurn
from pegboard.api.http.fair_admission import Admission, AdmissionLimits
from pegboard.api.http.origin_guard import LOOPBACK_NAMES, GuardOrigin
from pegboard.api.http.protection import ProtectPages
from pegboard.api.http.request_telemetry import PROBES, RequestTelemetry
from pegboard.api.http.room import KeepRoom, Room
from pegboard.api.http.stream_claims import ReleaseStream
from pegboard.composition.resources import Resources
from pegboard.originals.directory import Directory
from pegboard.server.bind_safety import BindSafety
from pegboard.server.readiness import Readiness
from pegboard.server.shutdown import GracefulShutdown
from pegboard.settings import Settings
from pegboard.telemetry.metrics import exposition

_LARGE_BODIES: Final = 8
"""How many large bodies are read at once."""


def build(
    resources: Resources, exposure: BindSafety, stopping: GracefulShutdown, room: Room
) -> Starlette:
    """The whole server as an ASGI application, over resources that are open."""
    settings = resources.settings
    readiness = Readiness(
        resources.engine,
        resources.heartbeats,
        stopping,
        loop_lag=resources.loop_lag,
        warming=resources.warming,
    )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        yield {"resources": resources, "readiness": readiness}

    rules = ApiRules(
        version=version("pegboard"),
        origins=frozenset(settings.cors_origins),
        recognise=resources.access.recognise,
        admit=resources.access.rate_limiter.spend,
        admission=Admission(
            AdmissionLimits(
                slots=settings.request_slots,
                per_tenant=min(settings.request_slots_per_tenant, settings.request_slots),
                in_company=settings.request_slots_in_company,
                waiting=settings.waiting_requests_per_tenant,
                bodies=_LARGE_BODIES,
            )
        ),
        imported=resources.access.authenticator.has_imported,
        directory=Directory(resources.read_scopes),
        max_body=settings.max_body,
        max_upload=settings.max_upload,
        ledger=resources.ledger,
    )

    def is_known(path: str, headers: Headers) -> bool:
        key = openai.key_of(headers) if path.startswith("/v1/") else backboard.key_of(headers)
        return resources.access.authenticator.has_met(key)

    return Starlette(
        routes=[
            Route("/", _to_reference),
            Route("/healthz", _healthz),
            Route("/readyz", _readyz),
            Route("/metrics", _metrics),
            Mount("/api", backboard.build(rules)),
            Mount("/v1", openai.build(rules)),
        ],
        middleware=[
            Middleware(EnterInTurn, passing=PROBES),
            Middleware(RequestTelemetry),
            Middleware(ProtectPages, pages=_is_page),
            Middleware(KeepRoom, room=room, is_known=is_known, refuse_at=_dialect_at),
            Middleware(ReleaseStream),
            Middleware(RejectWhenDraining, stopping=lambda: stopping.begun, refuse_at=_dialect_at),
            Middleware(
                GuardOrigin,
                hosts=_hosts(settings, exposure),
                origins=rules.origins,
                refuse_at=_dialect_at,
            ),
        ],
        exception_handlers={404: _not_found},
        lifespan=lifespan,
    )


def _hosts(settings: Settings, exposure: BindSafety) -> frozenset[str] | None:
    """The names answered to: loopback ones where the address is the only protection."""
    if not exposure.loopback_only:
        return None
    return LOOPBACK_NAMES | frozenset(settings.allowed_hosts)


def _dialect_at(path: str) -> Refuse:
    return openai.faults.refuse if path.startswith("/v1/") else backboard.faults.refuse


def _is_page(path: str) -> bool:
    """Whether a browser shows what is there: the references, and the way to them."""
    api, _, place = path.strip("/").partition("/")
    if api not in {"api", "v1"}:
        return not api
    return f"/{place.split('/', 1)[0]}" in reference_page.OPEN_PATHS


async def _to_reference(request: Request) -> Response:
    return RedirectResponse("/api/docs")


async def _healthz(request: Request) -> Response:
    """The process is up."""
    return PlainTextResponse("ok\n")


async def _readyz(request: Request) -> Response:
    """This process should be given work: see `pegboard.server.readiness`."""
    readiness: Readiness = request.state.readiness
    reasons = await readiness.reasons()
    return JSONResponse({"ready": not reasons, **reasons}, status_code=503 if reasons else 200)


async def _metrics(request: Request) -> Response:
    database_metrics = request.state.resources.database_metrics
    database_metrics.sample()
    counted = await asyncio.to_thread(exposition)
    return Response(counted + await database_metrics.exposition(), media_type=CONTENT_TYPE_LATEST)


async def _not_found(request: Request, error: Exception) -> Response:
    # A path with a line break in it is mounted nowhere, and is one of an API all the same.
    return _dialect_at(request.scope["path"])(404, "Not Found")
