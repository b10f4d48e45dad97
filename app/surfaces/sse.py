"""Frames → a response that stays alive while the model is silent."""

from collections.abc import AsyncIterator
from typing import Final

from sse_starlette import EventSourceResponse, ServerSentEvent

KEEPALIVE_SECONDS: Final = 10


def event_stream(frames: AsyncIterator[bytes]) -> EventSourceResponse:
    """Send finished frames as they come, with a comment line in each long silence."""
    return EventSourceResponse(
        frames,
        sep="\n",
        ping=KEEPALIVE_SECONDS,
        ping_message_factory=lambda: ServerSentEvent(comment="keepalive", sep="\n"),
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )
