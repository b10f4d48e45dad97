"""Middleware: original ids → ours on the way in, and back on the way out.

Only for tenants that have imported something. All others, and endpoints without such ids, pass by
for the price of one look into a set.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pegboard.api.openai.bodies import ResponseRewriter, rewritten_request
from pegboard.api.openai.originals.places import ids_in, with_ids
from pegboard.db.availability import unavailability
from pegboard.errors import AppError
from pegboard.originals.directory import Directory
from pegboard.originals.ids import is_imported
from pegboard.public_ids import SHAPE, prefix_of, public_id, uuid_of

_NOUNS: Final = ("/assistants", "/threads", "/files", "/vector_stores")
_WORD: Final = re.compile(rf"(?<![A-Za-z0-9_-]){SHAPE.pattern}(?![A-Za-z0-9])")


class TranslateOriginals:
    """Inside of what recognises the tenant; `imported` says whether one has original ids."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        directory: Directory,
        imported: Callable[[UUID], bool],
        error_response: Callable[[AppError], Response],
    ) -> None:
        self._app = app
        self._directory = directory
        self._imported = imported
        self._error_response = error_response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        tenant_id = scope.get("state", {}).get("tenant_id")
        if tenant_id is None or not self._imported(tenant_id) or not _has_ids(scope):
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_on(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        async def to_ours(body: Any) -> Any:
            return with_ids(body, await self._ours(tenant_id, set(ids_in(body))))

        async def to_originals(body: Any) -> Any:
            return await self._originals(tenant_id, body)

        try:
            scope = await self._addressed(scope, tenant_id)
            scope, receive = await rewritten_request(scope, receive, to_ours)
            await self._app(scope, receive, ResponseRewriter(send_on, to_originals).send)
        except Exception as error:  # routes have handlers for what follows; this comes before
            known = None if begun else unavailability(error)
            if known is None:
                raise
            await self._error_response(known)(scope, receive, send)

    async def _addressed(self, scope: Scope, tenant_id: UUID) -> Scope:
        """The request with our ids in its path and its query."""
        steps = scope["path"].split("/")
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        mentioned = {one for one in (*steps, *(value for _, value in query)) if prefix_of(one)}
        names = await self._ours(tenant_id, mentioned)
        if not names:
            return scope
        path = "/".join(names.get(step, step) for step in steps)
        named = urlencode([(key, names.get(value, value)) for key, value in query])
        return {**scope, "path": path, "raw_path": path.encode(), "query_string": named.encode()}

    async def _ours(self, tenant_id: UUID, originals: Collection[str]) -> dict[str, str]:
        if not originals:
            return {}
        objects = await self._directory.objects_of(tenant_id, originals)
        return {original: _spelled_as(original, one) for original, one in objects.items()}

    async def _originals(self, tenant_id: UUID, body: Any) -> Any:
        error = body.get("error") if isinstance(body, dict) else None
        message = error.get("message") if isinstance(error, dict) else None
        ours = set(ids_in(body))
        if isinstance(message, str):
            ours |= {match[0] for match in _WORD.finditer(message)}
        decoded = {text: one for text in ours if (one := _imported_one(text)) is not None}
        if not decoded:
            return body
        originals = await self._directory.originals_of(tenant_id, set(decoded.values()))
        names = {text: originals[one] for text, one in decoded.items() if one in originals}
        renamed = with_ids(body, names)
        if isinstance(message, str):
            renamed["error"] = {**renamed["error"], "message": _renamed(message, names)}
        return renamed


def _has_ids(scope: Scope) -> bool:
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return path.startswith(_NOUNS)


def _spelled_as(original: str, object_id: UUID) -> str:
    prefix = prefix_of(original)
    return original if prefix is None else public_id(prefix, object_id)


def _imported_one(text: str) -> UUID | None:
    prefix = prefix_of(text)
    object_id = None if prefix is None else uuid_of(prefix, text)
    return object_id if object_id is not None and is_imported(object_id) else None


def _renamed(message: str, names: Mapping[str, str]) -> str:
    return _WORD.sub(lambda match: names.get(match[0], match[0]), message)
