"""One log line and one count for each request, and an id to find it by. No content, no keys."""

from time import monotonic
from urllib.parse import quote

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.identifiers import new_id
from app.metrics import REQUESTS

log = structlog.get_logger("pegboard.http")


class Observe:
    """Outermost: sees what every door answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = monotonic()
        request_id = f"req_{new_id().hex}"
        status = 500
        state = scope.setdefault("state", {})
        state["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            path = scope["path"]
            surface = {"api": "backboard", "v1": "openai"}.get(path.split("/", 2)[1], "other")
            REQUESTS.labels(surface, scope["method"], str(status)).inc()
            log.info(
                "request",
                method=scope["method"],
                path=quote(path),
                status=status,
                ms=round((monotonic() - begun) * 1000, 1),
                request_id=request_id,
                tenant_id=str(state.get("tenant_id", "")),
            )
