"""A request that is going to be a stream takes its place before anything is done for it."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from pegboard.api.http.scopes import resources_of, tenant_of

_RELEASE = "release_stream"


def claim_stream(request: Request) -> None:
    """Count the request among the open streams until it is answered to its end.

    Raises LimitReached; nothing has been stored or begun then.
    """
    claimed = resources_of(request).access.open_streams.claim(tenant_of(request))
    setattr(request.state, _RELEASE, claimed)


class ReleaseStream:
    """Middleware: gives a place back however its request ends."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        finally:
            release = scope.get("state", {}).pop(_RELEASE, None)
            if release is not None:
                release()
