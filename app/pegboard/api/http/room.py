"""Pure ASGI middleware: the last connections of a server are for known keys, and for probes."""

from collections.abc import Callable
from typing import Final, Protocol

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from pegboard.api.http.asgi import Refuse
from pegboard.api.http.request_telemetry import PROBES

_RETRY_AFTER_SECONDS: Final = 1


class Room(Protocol):
    """How much is left; this request's own connection is counted."""

    @property
    def has_room(self) -> bool: ...
    @property
    def has_room_for_known(self) -> bool: ...
    def turned_away(self) -> None:
        """A request was refused for want of room."""


class KeepRoom:
    """Refuse with a 503, and close, where the connection is wanted for somebody else.

    `is_known` says whether the request bears a key that was accepted lately; `refuse_at` finds the
    dialect of a path.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        room: Room,
        is_known: Callable[[str, Headers], bool],
        refuse_at: Callable[[str], Refuse],
    ) -> None:
        self._app = app
        self._room = room
        self._is_known = is_known
        self._refuse_at = refuse_at

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._room.has_room or self._may_pass(scope):
            await self._app(scope, receive, send)
            return
        self._room.turned_away()
        refusal = self._refuse_at(scope["path"])(
            503, "The server has as many connections as it can hold; try again"
        )
        refusal.headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
        refusal.headers["Connection"] = "close"
        await refusal(scope, receive, send)

    def _may_pass(self, scope: Scope) -> bool:
        if scope["path"] in PROBES:
            return True
        return self._room.has_room_for_known and self._is_known(scope["path"], Headers(scope=scope))
