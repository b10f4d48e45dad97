"""Pure ASGI middleware that every API wears. (Starlette's BaseHTTPMiddleware costs 185 us a call.)

`Refuse` is an API's way to say no: status and text in, a response in its dialect out.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pegboard.db.availability import unavailability
from pegboard.errors import AppError
from pegboard.telemetry.logs.ids import know_tenant
from pegboard.tenants.callers import Caller
from pegboard.tenants.permissions import Permission

Refuse: TypeAlias = Callable[[int, str], Response]
Recognise: TypeAlias = Callable[[str], Awaitable[Caller | None]]
Admit: TypeAlias = Callable[[Caller], Awaitable[None]]

_READING: Final = frozenset({"GET", "HEAD"})
_DRAIN_LIMIT: Final = 256 * 1024 * 1024


class TolerateTrailingSlash:
    """`/assistants/` is `/assistants`: clients join addresses carelessly."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].endswith("/"):
            path = scope["path"].rstrip("/") or "/"
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await self._app(scope, receive, send)


class LimitBody:
    """Stop reading a body that is too long, whatever its Content-Length says.

    The rest is read and thrown away: a client that is still sending sees a closed connection
    instead of the answer.
    """

    def __init__(self, app: ASGIApp, *, limit: int, form_limit: int) -> None:
        self._app = app
        self._limit = limit
        self._form_limit = form_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        multipart = Headers(scope=scope).get("content-type", "").startswith("multipart/")
        limit = self._form_limit if multipart else self._limit
        read = 0

        async def receive_within_limit() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                drained = read
                while message.get("more_body") and drained < _DRAIN_LIMIT:
                    message = await receive()
                    drained += len(message.get("body", b""))
                raise HTTPException(413, f"The request body is larger than {limit} bytes")
            return message

        await self._app(scope, receive_within_limit, send)


class RefuseNul:
    """Refuse an address with a NUL character in its path or query, which cannot be looked for."""

    def __init__(self, app: ASGIApp, *, status: int, refuse: Refuse) -> None:
        self._app = app
        self._status = status
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and ("\0" in scope["path"] or b"%00" in scope["query_string"]):
            refusal = self._refuse(self._status, "The address holds a NUL character")
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


class RequireKey:
    """Let in who has a key that is good for the request, and note the caller in its state.

    `key_of` reads the key from the headers as the API's clients send it; `open_paths` need none.
    `admit` counts the request, or raises; `error_response` words errors in the API's dialect.
    `refuse_key` is given whether there was a key at all.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        key_of: Callable[[Headers], str],
        recognise: Recognise,
        admit: Admit,
        error_response: Callable[[AppError], Response],
        refuse_key: Callable[[bool], Response],
        open_paths: frozenset[str],
    ) -> None:
        self._app = app
        self._key_of = key_of
        self._recognise = recognise
        self._admit = admit
        self._error_response = error_response
        self._refuse_key = refuse_key
        self._open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_open(scope):
            refusal = await self._refusal(scope)
            if refusal is not None:
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Response | None:
        key = self._key_of(Headers(scope=scope))
        try:
            caller = await self._recognise(key) if key else None
            if caller is None:
                return self._refuse_key(bool(key))
            scope.setdefault("state", {}).update(tenant_id=caller.tenant_id, caller=caller)
            know_tenant(caller.tenant_id)
            # By the method alone, which no new route can forget: what is not a mere reading may
            # change something or have a model asked, and costs.
            caller.require(Permission.READ if scope["method"] in _READING else Permission.WRITE)
            await self._admit(caller)
        except AppError as error:
            return self._error_response(error)
        except Exception as error:  # routes have handlers for what follows; this comes before
            known = unavailability(error)
            if known is None:
                raise
            return self._error_response(known)
        return None

    def _is_open(self, scope: Scope) -> bool:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        return any(path == known or path.startswith(known + "/") for known in self._open_paths)
