"""Streams that are taken up again: their frames are numbered, and sent from any number on.

The number of a frame is how many the run's streams have sent up to it: a client that has counted
what it received knows where to go on.
"""

from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing
from typing import Annotated, Final, Literal

from fastapi import Depends, Header, Query
from pydantic import Field

from pegboard.api.http.sse import in_parts
from pegboard.errors import AppError, ErrorKind

OFFSET_HEADER: Final = "Pegboard-Stream-Offset"
"""On every stream: how many frames of its run were sent before its first."""

RUN_HEADER: Final = "Pegboard-Run-Id"
"""On every stream: the run that can be followed."""


class EventsForgotten(AppError):
    """The run has been over for too long."""

    kind = ErrorKind.GONE
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


async def numbered(
    frames: AsyncGenerator[Iterable[bytes], None], after: int
) -> AsyncGenerator[bytes, None]:
    """The frames behind the first `after`, each with its number as its id, several at a time."""
    number = 0

    def with_numbers(some: Iterable[bytes]) -> Iterator[bytes]:
        nonlocal number
        for frame in some:
            number += 1
            if number > after:
                yield b"id: %d\n%b" % (number, frame)

    async with aclosing(frames):
        async for some in frames:
            for part in in_parts(with_numbers(some)):
                yield part
