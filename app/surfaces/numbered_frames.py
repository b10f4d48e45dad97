"""Streams that are taken up again: their frames are numbered, and told from any number on.

The number of a frame is how many the run's streams have told up to it: a client that has counted
what it received knows where to go on.
"""

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from typing import Annotated, Final, Literal

from fastapi import Depends, Header, Query
from pydantic import Field

from app.errors import AppError, Kind
from app.runs.events import RunEvent

OFFSET_HEADER: Final = "Pegboard-Stream-Offset"
"""On every stream: how many frames of its run were told before its first."""

RUN_HEADER: Final = "Pegboard-Run-Id"
"""On every stream: the run that can be followed."""


class EventsForgotten(AppError):
    """The run has been over for too long."""

    kind = Kind.GONE
    code = "events_forgotten"

    def __init__(self) -> None:
        super().__init__("The events of this run are not kept any more; its messages tell the rest")


async def _after(
    after: Annotated[int, Query(ge=0)] = 0,
    last_event_id: Annotated[Annotated[int, Field(ge=0)] | Literal[""] | None, Header()] = None,
) -> int:
    """How many frames the client has. What it says of itself is newer than the address it has."""
    return last_event_id if isinstance(last_event_id, int) else after


After = Annotated[int, Depends(_after)]


async def numbered(frames: AsyncIterable[bytes], after: int) -> AsyncIterator[bytes]:
    """The frames behind the first `after`, each with its number as its id."""
    number = 0
    async for frame in frames:
        number += 1
        if number > after:
            yield b"id: %d\n%b" % (number, frame)


async def told_at_once(events: Sequence[RunEvent]) -> AsyncIterator[Sequence[RunEvent]]:
    """Events that have happened, as a stream of them."""
    if events:
        yield events


async def count(frames: AsyncIterable[bytes]) -> int:
    return len([frame async for frame in frames])
