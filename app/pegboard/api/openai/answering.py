"""A run → the stream of its frames, as it is played or once more."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.responses import Response

from pegboard.api.http.numbered_frames import (
    OFFSET_HEADER,
    RUN_HEADER,
    EventsForgotten,
    count,
    numbered,
    told_at_once,
)
from pegboard.api.http.sse import event_stream, in_parts
from pegboard.api.openai.public_ids import Prefix, public_id
from pegboard.api.openai.run_replay import replayed
from pegboard.api.openai.run_stream import DONE, Telling
from pegboard.composition.resources import Resources
from pegboard.runs.requests.turns import Turn
from pegboard.runs.tables import Run


async def streamed(
    turn: Turn, server: Resources, *, opening: bytes | None = None, content: bool = False
) -> Response:
    """A turn as it is played. `opening` is a frame that is told before it.

    What opens the stream of a new thread is no part of its run's; what opens that of a run that
    goes on is. With `content` the search of files tells the texts it found.
    """
    if turn.first:
        before = told_at_once(await server.following.before(turn))
        offset = await count(replayed(turn.row, before, server.read_scopes))
    else:
        offset = 0 if opening is None else -1
    return event_stream(
        _frames(turn, server, opening, content),
        keepalive=server.settings.keepalive,
        headers=_headers(turn.row, offset),
    )


async def resumed(run: Run, after: int, server: Resources) -> Response:
    """The stream of a run once more, from behind the first `after` frames on."""
    if not await server.following.can_tell(run.tenant_id, run):
        raise EventsForgotten
    return event_stream(
        _again(run, after, server),
        keepalive=server.settings.keepalive,
        headers=_headers(run, after),
    )


async def _frames(
    turn: Turn, server: Resources, opening: bytes | None, content: bool
) -> AsyncGenerator[bytes, None]:
    telling = Telling(turn.row, resumed=turn.first > 0, content=content)
    if opening is not None:
        yield opening
    async with aclosing(server.following.turn(turn)) as batches:
        async for events in batches:
            frames = (frame for event in events for frame in telling.frames(event))
            for part in in_parts(frames):
                yield part
    yield DONE


async def _again(run: Run, after: int, server: Resources) -> AsyncGenerator[bytes, None]:
    events = server.following.run(run.tenant_id, run)
    async with aclosing(numbered(replayed(run, events, server.read_scopes), after)) as parts:
        async for part in parts:
            yield part
    yield DONE


def _headers(run: Run, offset: int) -> dict[str, str]:
    return {RUN_HEADER: public_id(Prefix.RUN, run.id), OFFSET_HEADER: str(offset)}
