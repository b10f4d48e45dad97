"""Pure ASGI middleware: what browsers learn about answers, so that they do no more with them."""

from collections.abc import Callable
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NOSNIFF: Final = (b"x-content-type-options", b"nosniff")
"""Of every answer: a file or an error is never taken for a script or a page."""

POLICY: Final = "content-security-policy"
_OF_PAGES: Final = {
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    # A page that needs more says so itself.
    POLICY: "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}


class ProtectPages:
    """`pages` says whether a browser shows what is at a path."""

    def __init__(self, app: ASGIApp, *, pages: Callable[[str], bool]) -> None:
        self._app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), _NOSNIFF]
                if self._pages(scope["path"]):
                    headers = MutableHeaders(scope=message)
                    for name, value in _OF_PAGES.items():
                        headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_protected)
