"""Pure ASGI middleware: a server that is to stop begins nothing new."""

from collections.abc import Callable
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pegboard.api.http.asgi import Refuse

RETRY_AFTER_SECONDS: Final = 1
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class RejectWhenDraining:
    """Refuse what would begin work with a 503, once `stopping` says so.

    Reads are answered to the end: they let a client see how the run ended that it waits for.
    Connections are not kept, so that clients come back to a server that stays. `refuse_at` finds
    the dialect of a path.
    """

    def __init__(
        self, app: ASGIApp, *, stopping: Callable[[], bool], refuse_at: Callable[[str], Refuse]
    ) -> None:
        self._app = app
        self._stopping = stopping
        self._refuse_at = refuse_at

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._stopping():
            await self._app(scope, receive, send)
            return

        async def send_last(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["connection"] = "close"
            await send(message)

        if scope["method"] in _READS:
            await self._app(scope, receive, send_last)
            return
        refuse = self._refuse_at(scope["path"])
        refusal = refuse(503, "The server is being stopped; try again")
        refusal.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        await refusal(scope, receive, send_last)
