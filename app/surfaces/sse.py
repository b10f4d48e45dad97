"""Frames → a response that stays alive while the model is silent."""

from collections.abc import AsyncIterator, Mapping
from typing import Final

from sse_starlette import EventSourceResponse, ServerSentEvent

SHUTDOWN_GRACE_SECONDS: Final = 9.0


def event_stream(
    frames: AsyncIterator[bytes], *, keepalive: float, headers: Mapping[str, str] | None = None
) -> EventSourceResponse:
    """Send finished frames as they come, with a comment line every `keepalive` seconds."""
    return EventSourceResponse(
        frames,
        sep="\n",
        ping=keepalive,
        ping_message_factory=lambda: ServerSentEvent(comment="keepalive", sep="\n"),
        # Told to stop, the server lets runs end; their streams have as long.
        shutdown_grace_period=SHUTDOWN_GRACE_SECONDS,
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no", **(headers or {})},
    )
