"""A run's events → a stream of frames: as it is executed, or once more from any frame on.

How an event is encoded is for each API to say; here is what they have in common. The frames of a
run are numbered through all its executions, from 1: an encoder that is given the same events makes
the same frames, so that a number means the same frame whoever sends it, and whenever. Numbers count
frames and not events, as frames are what a client that reads no ids can count.
"""

from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing
from typing import Protocol

from starlette.responses import Response

from pegboard.api.http.numbered_frames import (
    OFFSET_HEADER,
    RUN_HEADER,
    EventsForgotten,
    numbered,
)
from pegboard.api.http.sse import event_stream, in_parts
from pegboard.composition.resources import Resources
from pegboard.runs.model.events import RunEvent, RunStarted
from pegboard.runs.model.snapshots import RunSnapshot
from pegboard.runs.requests.turns import Turn


class RunEventEncoder(Protocol):
    """The frames of one run, in the words of one API. It remembers what it has encoded."""

    @property
    def run_name(self) -> str:
        """The run's id as this API has it."""
        ...

    async def opening(self) -> Sequence[bytes]:
        """What is sent before the first event."""
        ...

    async def resumed(self) -> Sequence[bytes]:
        """What is sent before the first event of a run that is taken up after a pause."""
        ...

    def frames(self, event: RunEvent) -> Sequence[bytes]:
        """The frames of an event. Pure."""
        ...

    def closing(self) -> bytes:
        """What ends every stream of the run; it has no number."""
        ...


async def stream_of_turn(
    turn: Turn, encoder: RunEventEncoder, server: Resources, *, preface: Sequence[bytes] = ()
) -> Response:
    """A turn as it is executed. `preface` are frames before the run's own, without a number."""
    count = 0
    if turn.first:
        before = once(await server.following.before(turn))
        count = sum([len(list(frames)) async for frames in encoded(encoder, before)])
    return event_stream(
        _live_frames(turn, encoder, server, preface),
        keepalive=server.settings.keepalive,
        headers=_headers(encoder, count - len(preface)),
    )


async def stream_again(
    run: RunSnapshot, after: int, encoder: RunEventEncoder, server: Resources
) -> Response:
    """The stream of a run once more, from behind the first `after` frames on.

    Raises EventsForgotten for a run that has been over for too long.
    """
    if not await server.following.can_tell(run):
        raise EventsForgotten
    return event_stream(
        _frames_again(run, after, encoder, server),
        keepalive=server.settings.keepalive,
        headers=_headers(encoder, after),
    )


async def encoded(
    encoder: RunEventEncoder, batches: AsyncGenerator[Sequence[RunEvent], None]
) -> AsyncGenerator[Iterable[bytes], None]:
    """All frames of a run from its first event on; those that are there together are made one by
    one as they are taken. All of them have to be taken, in turn."""
    yield await encoder.opening()
    is_started = False
    async with aclosing(batches):
        async for events in batches:
            for part in _executions(events):
                if isinstance(part[0], RunStarted):
                    if is_started:
                        yield await encoder.resumed()
                    is_started = True
                yield _frames(encoder, part)


async def once(events: Sequence[RunEvent]) -> AsyncGenerator[Sequence[RunEvent], None]:
    """Events that have happened, as a stream of them."""
    if events:
        yield events


def _executions(events: Sequence[RunEvent]) -> Iterator[Sequence[RunEvent]]:
    """The same events, cut before each that begins an execution."""
    begin = 0
    for position, event in enumerate(events):
        if isinstance(event, RunStarted) and position > begin:
            yield events[begin:position]
            begin = position
    yield events[begin:]


def _frames(encoder: RunEventEncoder, events: Sequence[RunEvent]) -> Iterator[bytes]:
    return (frame for event in events for frame in encoder.frames(event))


async def _live_frames(
    turn: Turn, encoder: RunEventEncoder, server: Resources, preface: Sequence[bytes]
) -> AsyncGenerator[bytes, None]:
    opening = await (encoder.resumed() if turn.first else encoder.opening())
    if start := b"".join((*preface, *opening)):
        yield start
    async with aclosing(server.following.turn(turn)) as batches:
        async for events in batches:
            for part in in_parts(_frames(encoder, events)):
                yield part
    if end := encoder.closing():
        yield end


async def _frames_again(
    run: RunSnapshot, after: int, encoder: RunEventEncoder, server: Resources
) -> AsyncGenerator[bytes, None]:
    events = server.following.run(run)
    async with aclosing(numbered(encoded(encoder, events), after)) as parts:
        async for part in parts:
            yield part
    if end := encoder.closing():
        yield end


def _headers(encoder: RunEventEncoder, offset: int) -> dict[str, str]:
    return {RUN_HEADER: encoder.run_name, OFFSET_HEADER: str(offset)}
