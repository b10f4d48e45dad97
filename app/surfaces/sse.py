"""Frames → a response that stays alive while the model is silent.

Told to stop, the server waits for runs and their streams itself (`app/serving.py`).
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Final

from sse_starlette import EventSourceResponse, ServerSentEvent

_PART: Final = 64 * 1024


def event_stream(
    frames: AsyncIterator[bytes], *, keepalive: float, headers: Mapping[str, str] | None = None
) -> EventSourceResponse:
    """Send finished frames as they come, with a comment line every `keepalive` seconds."""
    return EventSourceResponse(
        frames,
        sep="\n",
        ping=keepalive,
        ping_message_factory=lambda: ServerSentEvent(comment="keepalive", sep="\n"),
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no", **(headers or {})},
    )


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
