"""Middleware: older clients send and read bodies in their own words."""

from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from pegboard.api.openai.bodies import ResponseRewriter, rewritten_request
from pegboard.api.openai.profiles import Profile, profile_of
from pegboard.api.openai.profiles.downgrading import downgrade, downgrade_event
from pegboard.api.openai.profiles.requests import from_v1


class TranslateOlder:
    """Inside of everything that looks at keys and sizes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        profile = profile_of(Headers(scope=scope)) if scope["type"] == "http" else Profile.V2
        if profile is Profile.V2:
            await self._app(scope, receive, send)
            return

        async def downgraded(body: Any) -> Any:
            return downgrade(body, profile)

        if not _is_newer(scope):
            scope, receive = await rewritten_request(scope, receive, _from_v1)
        await self._app(scope, receive, ResponseRewriter(send, downgraded, downgrade_event).send)


async def _from_v1(body: Any) -> Any:
    return from_v1(body)


def _is_newer(scope: Scope) -> bool:
    """What version 1 did not have has no words of its time: `file_ids` is `file_ids` there."""
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return path.startswith("/vector_stores")
