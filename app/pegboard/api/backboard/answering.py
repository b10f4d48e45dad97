"""A turn being played → the response to the request that began it, streamed or whole."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import replace
from typing import Final

from starlette.responses import Response

from pegboard.api.backboard.clients import Client
from pegboard.api.backboard.faults import RunBrokeOff
from pegboard.api.backboard.replies import reply
from pegboard.api.backboard.run_replay import replayed
from pegboard.api.backboard.run_stream import Telling
from pegboard.api.backboard.wire.replies import ReplyOut
from pegboard.api.http.numbered_frames import (
    OFFSET_HEADER,
    RUN_HEADER,
    EventsForgotten,
    count,
    numbered,
    told_at_once,
)
from pegboard.api.http.sse import event_stream, in_parts
from pegboard.composition.resources import Resources
from pegboard.documents import operations as documents
from pegboard.runs.model.events import (
    MessageFinished,
    MessageStarted,
    RunEvent,
    RunFailed,
    RunStarted,
)
from pegboard.runs.requests.turns import Turn
from pegboard.runs.stream.feed import Feed
from pegboard.runs.tables import Run
from pegboard.slots import waiting

HOLD_SECONDS: Final = 3.0
"""How long a stream waits for the model's first sign, so that a refusal is still an HTTP error."""


async def streamed(turn: Turn, server: Resources) -> Response:
    """The turn as frames. A run that fails before it says anything is raised as its error."""
    async with waiting():
        failure = await _early_failure(turn.feed)
    if failure is not None and failure.run.failure is not None:
        raise RunBrokeOff(failure.run.failure)
    before = told_at_once(await server.following.before(turn))
    told = await count(replayed(turn.row, before, server.read_scopes)) if turn.first else 0
    return event_stream(
        _frames(turn, server),
        keepalive=server.settings.keepalive,
        headers={RUN_HEADER: str(turn.run.id), OFFSET_HEADER: str(told)},
    )


async def resumed(run: Run, after: int, server: Resources) -> Response:
    """The stream of a run once more, from behind the first `after` frames on."""
    if not await server.following.can_tell(run.tenant_id, run):
        raise EventsForgotten
    events = server.following.run(run.tenant_id, run)
    frames = replayed(run, events, server.read_scopes)
    return event_stream(
        numbered(frames, after),
        keepalive=server.settings.keepalive,
        headers={RUN_HEADER: str(run.id), OFFSET_HEADER: str(after)},
    )


async def whole(turn: Turn, client: Client, server: Resources) -> ReplyOut:
    """The turn as one answer, once the run rests."""
    async with waiting():
        events = await server.following.all_of(turn)
    message = turn.message
    if message is not None and message.attachments:
        # They were pending when the message was stored; the answer tells what became of them.
        async with server.read_scopes(turn.run.tenant_id) as scope:
            attachments = await documents.of_message(scope, message.row.id)
        turn = replace(turn, message=replace(message, attachments=attachments))
    return reply(turn, events, client)


async def frames_of(frames: Iterable[bytes]) -> AsyncGenerator[bytes, None]:
    for frame in frames:
        yield frame


async def _frames(turn: Turn, server: Resources) -> AsyncGenerator[bytes, None]:
    telling = Telling.of(turn)
    yield b"".join(telling.opening())
    async with aclosing(server.following.turn(turn)) as batches:
        async for events in batches:
            frames = (frame for event in events for frame in telling.frames(event))
            for part in in_parts(frames):
                yield part


async def _early_failure(feed: Feed) -> RunFailed | None:
    """The failure of a run that comes before any text, within HOLD_SECONDS."""
    try:
        async with asyncio.timeout(HOLD_SECONDS):
            sign = await _first_sign(feed)
    except TimeoutError:
        return None
    return sign if isinstance(sign, RunFailed) else None


async def _first_sign(feed: Feed) -> RunEvent | None:
    """The first event that says how the model took the question."""
    async with aclosing(feed.follow()) as batches:
        async for events in batches:
            for event in events:
                if not isinstance(event, RunStarted | MessageStarted | MessageFinished):
                    return event
    return None
