"""Frames → a response that stays alive while the model is silent.

Told to stop, the server waits for runs and their streams itself (`app/serving.py`).
"""

from collections.abc import AsyncIterator, Mapping

from sse_starlette import EventSourceResponse, ServerSentEvent


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
