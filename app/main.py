"""The web application: mounts the doors, answers the questions of those who operate it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from app.db.migration import is_current
from app.exposure import Exposure
from app.metrics import exposition
from app.originals.directory import Directory
from app.settings import Settings
from app.surfaces import backboard, openai
from app.surfaces.asgi import LOOPBACK_NAMES, GuardOrigin
from app.surfaces.doors import DoorRules
from app.surfaces.observation import Observe
from app.wiring import Resources


def build(resources: Resources, exposure: Exposure) -> Starlette:
    """The whole server as an ASGI application, over resources that are open."""
    settings = resources.settings

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        yield {"resources": resources}

    rules = DoorRules(
        version=version("pegboard"),
        hosts=_hosts(settings, exposure),
        origins=frozenset(settings.cors_origins),
        recognise=resources.recogniser.tenant_of,
        imported=resources.recogniser.has_imported,
        directory=Directory(resources.read_scopes),
        max_body=settings.max_body,
        max_upload=settings.max_upload,
        ledger=resources.ledger,
    )
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
            Middleware(Observe),
            Middleware(
                GuardOrigin,
                hosts=rules.hosts,
                origins=rules.origins,
                refuse=backboard.faults.refuse,
            ),
        ],
        exception_handlers={404: _not_found},
        lifespan=lifespan,
    )


def _hosts(settings: Settings, exposure: Exposure) -> frozenset[str] | None:
    """The names answered to: loopback ones where the address is the only protection."""
    if not exposure.loopback_only:
        return None
    return LOOPBACK_NAMES | frozenset(settings.allowed_hosts)


async def _to_reference(request: Request) -> Response:
    return RedirectResponse("/api/docs")


async def _healthz(request: Request) -> Response:
    """The process is up."""
    return PlainTextResponse("ok\n")


async def _readyz(request: Request) -> Response:
    """The database answers and has the schema this program was written for."""
    opened: Resources = request.state.resources
    try:
        async with opened.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
        current = await is_current(opened.engine)
    except Exception as error:  # whatever the driver raises, the answer is the same
        return JSONResponse({"ready": False, "database": type(error).__name__}, status_code=503)
    if not current:
        return JSONResponse({"ready": False, "database": "not migrated"}, status_code=503)
    return JSONResponse({"ready": True})


async def _metrics(request: Request) -> Response:
    readings = request.state.resources.readings
    readings.sample()
    counted = await asyncio.to_thread(exposition)
    return Response(counted + await readings.told(), media_type=CONTENT_TYPE_LATEST)


async def _not_found(request: Request, error: Exception) -> Response:
    return backboard.faults.refuse(404, "Not Found")
