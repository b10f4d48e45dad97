"""Pure ASGI middleware: answer only calls that are meant for us."""

from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pegboard.api.http.asgi import Refuse
from pegboard.api.http.authority import Authority, Origin

LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_OPAQUE: Final = "null"


class GuardOrigin:
    """`hosts`, where given, are the only names we answer to: a page that rebinds its own name to a
    loopback address (DNS rebinding) sends that name in `Host`. A call that a browser marks as
    coming from another origin is refused unless the operator has named the origin.

    `refuse_at` finds the dialect of a path.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: frozenset[str] | None,
        origins: frozenset[str],
        refuse_at: Callable[[str], Refuse],
    ) -> None:
        self._app = app
        self._hosts = None if hosts is None else frozenset(host.lower() for host in hosts)
        self._origins = origins
        self._refuse_at = refuse_at

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            refused = self._refused(scope)
            if refused is not None:
                await self._answer(*refused, scope)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _answer(self, status: int, message: str, scope: Scope) -> Response:
        return self._refuse_at(scope["path"])(status, message)

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        host = Authority.read(hosts[0]) if len(hosts) == 1 else None
        # RFC 9112, 3.2: a 400 for none, for more than one and for what is none; an empty one is of
        # a request for no place in particular. Before HTTP/1.1 there was no such header, and
        # checks of load balancers still speak like that.
        if host is None and hosts != [""] and (hosts or scope.get("http_version") != "1.0"):
            return 400, "A request must have one header `Host`, of the form host[:port]"
        if self._hosts is not None and (host is None or host.host not in self._hosts):
            return 403, (
                "This server answers only to loopback names in open mode; name others in "
                "PEGBOARD_ALLOWED_HOSTS"
            )
        origins = headers.getlist("origin")
        if not origins or (len(origins) == 1 and self._is_named(origins[0])):
            return None
        origin = Origin.read(origins[0]) if len(origins) == 1 else None
        if origin is None and origins != [_OPAQUE]:
            return 400, "The header `Origin` must be one origin, of the form scheme://host[:port]"
        if host is not None and origin == Origin.of(scope.get("scheme", "http"), host):
            return None
        return 403, (
            "Calls from other origins are refused; name the origin in PEGBOARD_CORS_ORIGINS"
        )

    def _is_named(self, origin: str) -> bool:
        return origin in self._origins or "*" in self._origins
