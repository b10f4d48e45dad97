"""Middleware: older clients send and read bodies in their own words.

Only JSON is translated, and the frames of a stream; a body that is neither passes as it is.
"""

import json
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.strict_json import BadJson, loads
from app.surfaces.openai.profiles import Profile, profile_of
from app.surfaces.openai.profiles.requests import from_v1
from app.surfaces.openai.profiles.tellings import older


class TranslateOlder:
    """Inside of everything that looks at keys and sizes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        profile = profile_of(Headers(scope=scope)) if scope["type"] == "http" else Profile.V2
        if profile is Profile.V2:
            await self._app(scope, receive, send)
            return
        if (
            scope["method"] in {"POST", "PUT"}
            and not _is_form(Headers(scope=scope))
            and not _is_newer(scope)
        ):
            scope, receive = await _translated(scope, receive)
        await self._app(scope, receive, _Teller(send, profile).send)


class _Teller:
    """Holds back a JSON answer until it is whole; passes a stream on frame by frame."""

    def __init__(self, send: Send, profile: Profile) -> None:
        self._send = send
        self._profile = profile
        self._start: Message | None = None
        self._streams = False
        self._held = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = Headers(raw=message["headers"]).get("content-type", "")
            self._streams = kind.startswith("text/event-stream")
            if kind.startswith("application/json"):
                self._start = message
                return
        elif message["type"] == "http.response.body":
            if self._start is not None:
                await self._hold(self._start, message)
                return
            if self._streams:
                message = {**message, "body": self._frames(message.get("body", b""))}
        await self._send(message)

    async def _hold(self, start: Message, message: Message) -> None:
        self._held += message.get("body", b"")
        if message.get("more_body"):
            return
        body = _dump(older(json.loads(self._held), self._profile)) if self._held else b""
        MutableHeaders(scope=start)["content-length"] = str(len(body))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})

    def _frames(self, data: bytes) -> bytes:
        lines = data.split(b"\n")
        return b"\n".join(self._line(line) for line in lines)

    def _line(self, line: bytes) -> bytes:
        if not line.startswith(b"data: {"):
            return line
        told = older(json.loads(line.removeprefix(b"data: ")), self._profile)
        return b"data: " + _dump(told)


async def _translated(scope: Scope, receive: Receive) -> tuple[Scope, Receive]:
    """The same request with its body in today's words."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return scope, receive
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    try:
        told = _dump(from_v1(loads(body))) if body.strip() else body
    except BadJson:
        told = body  # for the endpoint to refuse
    headers = MutableHeaders(raw=list(scope["headers"]))
    headers["content-length"] = str(len(told))
    given = False

    async def receive_translated() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": told, "more_body": False}

    return {**scope, "headers": headers.raw}, receive_translated


def _is_newer(scope: Scope) -> bool:
    """What version 1 did not have has no words of its time: `file_ids` is `file_ids` there."""
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return path.startswith("/vector_stores")


def _is_form(headers: Headers) -> bool:
    return headers.get("content-type", "").startswith("multipart/")


def _dump(told: Any) -> bytes:
    return json.dumps(told, separators=(",", ":")).encode("ascii")
