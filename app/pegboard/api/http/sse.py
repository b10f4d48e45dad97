"""Frames → a response that stays alive while the model is silent.

Two tasks a stream, as there are thousands: the request's own, which sends, and one that notices
that the client has left. Asked to stop, the server waits for runs and their streams itself
(`app/pegboard/serving.py`).
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import aclosing
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

_PART: Final = 64 * 1024
_KEEPALIVE: Final = b": keepalive\n\n"


def event_stream(
    frames: AsyncGenerator[bytes, None],
    *,
    keepalive: float,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Send finished frames as they come, with a comment line every `keepalive` seconds."""
    return EventStream(frames, keepalive=keepalive, headers=headers or {})


class EventStream(Response):
    media_type = "text/event-stream"

    def __init__(
        self,
        frames: AsyncGenerator[bytes, None],
        *,
        keepalive: float,
        headers: Mapping[str, str],
    ) -> None:
        self.status_code = 200
        self.background = None
        self._frames = frames
        self._keepalive = keepalive
        self.init_headers(
            {
                "Cache-Control": "no-cache",
                "X-Accel-Buffering": "no",
                **headers,
                "Connection": "keep-alive",
            }
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        sending = _Sending(send, self._keepalive)
        watching = asyncio.create_task(sending.watch(receive))
        try:
            async with aclosing(self._frames):
                await send(start)
                await sending.send_all(self._frames)
        finally:
            watching.cancel()
            sending.close()


class _Sending:
    """What the parts of one stream share."""

    def __init__(self, send: Send, keepalive: float) -> None:
        self._send = send
        self._keepalive = keepalive
        self._task = asyncio.current_task()
        self._lock = asyncio.Lock()
        self._waiting = False
        self._left = False
        self._bridge: asyncio.Task[None] | None = None
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(keepalive, self._keep_alive)

    async def send_all(self, frames: AsyncGenerator[bytes, None]) -> None:
        """Send frames, each before the next is made, until they end or the client has left."""
        while not self._left:
            try:
                self._waiting = True
                part = await anext(frames)
            except StopAsyncIteration:
                break
            except asyncio.CancelledError:
                if not self._left or self._is_cancelled_otherwise():
                    raise
                return
            finally:
                self._waiting = False
            async with self._lock:
                await self._send(_body(part))
        async with self._lock:
            self._timer.cancel()
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def watch(self, receive: Receive) -> None:
        """Have the stream end once its client has left."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self._left = True
        # Only while it waits for frames: so it is there that the cancellation arrives. Where it
        # is sending it looks by itself.
        if self._waiting and self._task is not None:
            self._task.cancel()

    def close(self) -> None:
        self._timer.cancel()
        if self._bridge is not None:
            self._bridge.cancel()

    def _is_cancelled_otherwise(self) -> bool:
        return self._task is not None and self._task.uncancel() > 0

    def _keep_alive(self) -> None:
        """A timer of the loop's, as a task that sleeps would cost each stream more."""
        if not self._lock.locked():  # else there are bytes on their way
            self._bridge = asyncio.create_task(self._send_comment())
        self._timer = asyncio.get_running_loop().call_later(self._keepalive, self._keep_alive)

    async def _send_comment(self) -> None:
        async with self._lock:
            if not self._timer.cancelled():
                await self._send(_body(_KEEPALIVE))


def _body(part: bytes) -> dict[str, object]:
    return {"type": "http.response.body", "body": part, "more_body": True}


def in_parts(frames: Iterable[bytes]) -> Iterator[bytes]:
    """Frames that are there together, few at a time: each part is sent before the next is made.

    One write for many frames is cheaper than many; but who has not read for a while is behind by
    all of them, and they may be many times as long as their answer.
    """
    part: list[bytes] = []
    size = 0
    for frame in frames:
        part.append(frame)
        size += len(frame)
        if size >= _PART:
            yield b"".join(part)
            part, size = [], 0
    if part:
        yield b"".join(part)
