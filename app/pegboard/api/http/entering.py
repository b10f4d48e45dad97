"""Middleware: requests that come at once are looked at in turn across keys, before anything else.

What is done for a request until its tenant is known takes half a millisecond of the event loop.
Five hundred that arrive together would hold it for a quarter of a second, and whoever comes then
would wait behind them all; taken in turn, he waits for one of each key.
"""

import sys
from collections.abc import Hashable
from time import monotonic
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from pegboard.fairness import LoopTurns

_KEY_HEADERS: Final = frozenset({b"x-api-key", b"authorization"})
ARRIVED: Final = "arrived"
"""When a request came, by the monotonic clock, in its state."""


class EnterInTurn:
    """Outermost. Lanes are of keys as they were sent, good or not; of addresses where none was."""

    def __init__(self, app: ASGIApp, *, passing: frozenset[str]) -> None:
        """Paths in `passing` wait for nobody."""
        self._app = app
        self._passing = passing
        self._turns = LoopTurns(sys.maxsize)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in self._passing:
            scope.setdefault("state", {})[ARRIVED] = monotonic()
            await self._turns.take(_lane(scope))
        await self._app(scope, receive, send)


def _lane(scope: Scope) -> Hashable:
    key = tuple(value for name, value in scope["headers"] if name in _KEY_HEADERS)
    return key or (scope.get("client") or ("",))[0]
