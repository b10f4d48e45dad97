"""Middleware: connections that their client cannot use again are closed.

The JavaScript SDK sends messages as forms, and never ends those requests: Node.js reads the answer
and goes on waiting for the end, so that it takes the connection for no other request, and a program
does not exit while it stands.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pegboard.api.backboard.clients import client_named


class CloseUnended:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_unended(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return

        async def send_last(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["connection"] = "close"
            await send(message)

        await self._app(scope, receive, send_last)


def _is_unended(headers: Headers) -> bool:
    form = headers.get("content-type", "").startswith("multipart/")
    return form and client_named(headers.get("user-agent", "")).javascript
