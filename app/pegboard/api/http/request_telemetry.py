"""One log line and one count for each request, and an id to find it by. No content, no keys."""

import re
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, Final
from uuid import UUID

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pegboard.api.http.entering import ARRIVED
from pegboard.identifiers import new_id
from pegboard.telemetry import tracing
from pegboard.telemetry.logs.ids import RequestIds, begin_request, know_run
from pegboard.telemetry.metrics import REQUEST_SECONDS, REQUESTS, STREAMS

_APIS: Final = {"api": "backboard", "v1": "openai"}
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
PROBES: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_SANE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", re.ASCII)

log = structlog.get_logger("pegboard.http")


class RequestTelemetry:
    """Outermost: sees what every API answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = scope.setdefault("state", {}).get(ARRIVED) or monotonic()
        ids = RequestIds(_request_id(scope), _APIS.get(scope["path"].split("/", 2)[1], "other"))
        begin_request(ids)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        status, streams = 500, False
        scope["state"]["request_id"] = ids.request_id

        async def send_with_id(message: Message) -> None:
            nonlocal status, streams
            if message["type"] == "http.response.start":
                status = message["status"]
                REQUEST_SECONDS.labels(ids.api, method).observe(monotonic() - begun)
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = ids.request_id
                streams = headers.get("content-type", "").startswith("text/event-stream")
                if streams:
                    STREAMS.labels(ids.api).inc()
            await send(message)

        try:
            if scope["path"] in PROBES:
                await self._app(scope, receive, send_with_id)
                return
            parent = Headers(scope=scope).get("traceparent")
            with tracing.span(method, tracing.SpanKind.SERVER, parent=parent) as span:
                try:
                    await self._app(scope, receive, send_with_id)
                finally:
                    _tell(span, scope, ids, method=method, status=status)
        finally:
            if streams:
                STREAMS.labels(ids.api).dec()
            REQUESTS.labels(ids.api, method, str(status)).inc()
            ms = round((monotonic() - begun) * 1000, 1)
            _write(scope, ids, method=method, status=status, ms=ms)


class RecordRoute:
    """Innermost of an API's: notes where a request was routed to, and the run that it names.

    A path as it was sent may hold anything. `run_of` reads a run's id as the API spells it.
    """

    def __init__(self, app: ASGIApp, *, run_of: Callable[[str], UUID | None]) -> None:
        self._app = app
        self._run_of = run_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        finally:
            if scope["type"] == "http":
                scope["state"].setdefault("place", _place(scope))
                named = scope.get("path_params", {}).get("run_id")
                run_id = self._run_of(str(named)) if named else None
                if run_id is not None:
                    know_run(run_id)


def _request_id(scope: Scope) -> str:
    """The client's own, where it gives one that cannot break a log or a header."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _SANE_ID.fullmatch(given) else f"req_{new_id().hex}"


def _place(scope: Scope) -> str | None:
    """The template of the path, such as `/api/threads/{thread_id}`; None where nothing is there."""
    route: Any = scope.get("route")
    return f"{scope.get('root_path', '')}{route.path}" if isinstance(route, Route) else None


def _routed_to(scope: Scope) -> str | None:
    """As an API has noted it; what stands beside the APIs has no such note.

    What was refused on its way in was never routed, and is looked up: a log of refusals is of
    little use that does not say of what.
    """
    state = scope["state"]
    if "place" not in state:
        state["place"] = _place(scope) or _template(scope["app"].routes, scope)
    place: str | None = state["place"]
    return place


def _template(routes: Sequence[BaseRoute], scope: Scope) -> str | None:
    """The template of the first route that has the path, by whatever method."""
    for route in routes:
        # FastAPI keeps the routers that an application includes apart, without a prefix here.
        included = getattr(route, "original_router", None)
        if included is not None:
            template = _template(included.routes, scope)
            if template is not None:
                return template
            continue
        match, inner = route.matches(scope)
        if match is Match.NONE:
            continue
        if isinstance(route, Mount):
            return _template(route.routes, {**scope, **inner})
        if isinstance(route, Route):
            return f"{scope.get('root_path', '')}{route.path}"
    return None


def _tell(span: tracing.Span, scope: Scope, ids: RequestIds, *, method: str, status: int) -> None:
    if span is tracing.NO_SPAN:
        return
    place = _routed_to(scope)
    if place is not None:
        span.rename(f"{method} {place}")
        span.set("http.route", place)
    span.set("http.request.method", method)
    span.set("http.response.status_code", status)
    span.set("pegboard.request_id", ids.request_id)
    span.set("pegboard.api", ids.api)
    tenant_id = scope["state"].get("tenant_id")
    for name, known in (("tenant_id", tenant_id), ("run_id", ids.run_id)):
        if known is not None:
            span.set(f"pegboard.{name}", str(known))
    if status >= 500:
        span.fail(str(status))


def _write(scope: Scope, ids: RequestIds, *, method: str, status: int, ms: float) -> None:
    place = _routed_to(scope)
    # They come every few seconds, and matter when they fail.
    write = log.debug if place in PROBES and status < 400 else log.info
    run = {} if ids.run_id is None else {"run_id": str(ids.run_id)}
    write("request", method=method, route=place, status=status, ms=ms, **run)
