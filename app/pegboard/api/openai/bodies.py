"""JSON bodies and frames that are put into other words on their way in and out.

For middleware: only JSON is reworded, and the frames of a stream; a body that is neither passes as
it is.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from pegboard.strict_json import BadJson, dumps, loads_aside

Rewrite: TypeAlias = Callable[[Any], Awaitable[Any]]
Rename: TypeAlias = Callable[[str], str]

_EVENT: Final = b"event: "


class ResponseRewriter:
    """A `send` that holds back a JSON answer until it is whole; a stream it passes on by frames."""

    def __init__(self, send: Send, rewrite: Rewrite, rename_event: Rename = str) -> None:
        """`rename_event` gives the events of a stream other names."""
        self._send = send
        self._rewrite = rewrite
        self._rename_event = rename_event
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
                message = {**message, "body": await self._frames(message.get("body", b""))}
        await self._send(message)

    async def _hold(self, start: Message, message: Message) -> None:
        self._held += message.get("body", b"")
        if message.get("more_body"):
            return
        body = b""
        if self._held:
            held = await asyncio.to_thread(msgspec.json.decode, self._held)
            body = await asyncio.to_thread(_dump, await self._rewrite(held))
        MutableHeaders(scope=start)["content-length"] = str(len(body))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})

    async def _frames(self, data: bytes) -> bytes:
        lines = [await self._line(line) for line in data.split(b"\n")]
        return b"\n".join(lines)

    async def _line(self, line: bytes) -> bytes:
        if line.startswith(_EVENT):
            name = line.removeprefix(_EVENT).decode("ascii")
            return _EVENT + self._rename_event(name).encode("ascii")
        if not line.startswith(b"data: {"):
            return line
        frame = msgspec.json.decode(line.removeprefix(b"data: "))
        return b"data: " + _dump(await self._rewrite(frame))


async def rewritten_request(
    scope: Scope, receive: Receive, rewrite: Rewrite
) -> tuple[Scope, Receive]:
    """The same request with its JSON body in other words; a form is left alone."""
    if scope["method"] not in {"POST", "PUT"} or _is_form(Headers(scope=scope)):
        return scope, receive
    body = b""
    while True:
        try:
            message = await receive()
        except HTTPException as refusal:  # a body that is too long: the endpoint's to report
            return scope, _raising(refusal)
        if message["type"] != "http.request":
            return scope, receive
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    try:
        sent = body
        if body.strip():
            rewritten = await rewrite(await loads_aside(body))
            sent = await asyncio.to_thread(_dump, rewritten)
    except BadJson:
        sent = body  # for the endpoint to refuse
    headers = MutableHeaders(raw=list(scope["headers"]))
    headers["content-length"] = str(len(sent))
    given = False

    async def receive_rewritten() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": sent, "more_body": False}

    return {**scope, "headers": headers.raw}, receive_rewritten


def _raising(refusal: HTTPException) -> Receive:
    async def receive_refused() -> Message:
        raise refusal

    return receive_refused


def _is_form(headers: Headers) -> bool:
    return headers.get("content-type", "").startswith("multipart/")


def _dump(value: Any) -> bytes:
    return dumps(value).encode()
