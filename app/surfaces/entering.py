"""Middleware: requests that come at once are looked at in turn across keys, before anything else.

What is done for a request until its tenant is known takes half a millisecond of the event loop.
Five hundred that arrive together would hold it for a quarter of a second, and whoever comes then
would wait behind them all; taken in turn, he waits for one of each key.
"""

import asyncio
import sys
from collections.abc import Hashable
from time import monotonic
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.fairness import FairLimiter
from app.slots import Slot

_KEY_HEADERS: Final = frozenset({b"x-api-key", b"authorization"})
_ENTRY: Final = "entry"
ARRIVED: Final = "arrived"
"""When a request came, by the monotonic clock, in its state."""


class EnterInTurn:
    """Outermost. Lanes are of keys as they were sent, good or not; of addresses where none was."""

    def __init__(self, app: ASGIApp, *, passing: frozenset[str]) -> None:
        """Paths in `passing` wait for nobody."""
        self._app = app
        self._passing = passing
        self._entries = FairLimiter(sys.maxsize, 1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._passing:
            await self._app(scope, receive, send)
            return
        entry = Slot(self._entries, _lane(scope))
        scope.setdefault("state", {}).update({_ENTRY: entry, ARRIVED: monotonic()})
        await entry.acquire()

        async def send_inside(message: Message) -> None:
            entered(scope)
            await send(message)

        try:
            await self._app(scope, receive, send_inside)
        finally:
            entered(scope)


def entered(scope: Scope) -> None:
    """The request may wait for something else from here on; the next of its key is looked at with
    the next turn of the event loop, not before others have had this one."""
    entry: Slot | None = scope["state"].pop(_ENTRY, None)
    if entry is not None:
        asyncio.get_running_loop().call_soon(entry.release)


def _lane(scope: Scope) -> Hashable:
    key = tuple(value for name, value in scope["headers"] if name in _KEY_HEADERS)
    return key or (scope.get("client") or ("",))[0]
