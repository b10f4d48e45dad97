"""A turn in execution → the response to the request that began it, streamed or whole."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import replace
from typing import Final

from starlette.responses import Response

from pegboard.api.backboard.clients import Client
from pegboard.api.backboard.faults import RunBrokeOff
from pegboard.api.backboard.replies import reply
from pegboard.api.backboard.run_encoder import BackboardEncoder
from pegboard.api.backboard.wire.replies import ReplyOut
from pegboard.api.run_streams import stream_again, stream_of_turn
from pegboard.composition.resources import Resources
from pegboard.documents import operations as documents
from pegboard.messages import queries as messages
from pegboard.runs.model.events import RunEvent, RunSettled
from pegboard.runs.model.snapshots import Failure, RunSnapshot
from pegboard.runs.requests.new_messages import StoredMessage
from pegboard.runs.requests.turns import Turn
from pegboard.runs.statuses import RunStatus
from pegboard.runs.stream.feed import Feed
from pegboard.slots import waiting

HOLD_SECONDS: Final = 3.0
"""How long a stream waits for the model's first sign, so that a refusal is still an HTTP error."""


async def streamed(turn: Turn, server: Resources) -> Response:
    """The turn as frames. A run that fails before it says anything is raised as its error."""
    async with waiting():
        failure = await _early_failure(turn.feed)
    if failure is not None:
        raise RunBrokeOff(failure)
    encoder = await _encoder(turn.run, server, turn.message)
    return await stream_of_turn(turn, encoder, server)


async def resumed(run: RunSnapshot, after: int, server: Resources) -> Response:
    """The stream of a run once more, from behind the first `after` frames on."""
    return await stream_again(run, after, await _encoder(run, server, None), server)


async def _encoder(
    run: RunSnapshot, server: Resources, message: StoredMessage | None
) -> BackboardEncoder:
    """`message` is the one that the run answers, where it is at hand."""
    if message is None:
        async with server.read_scopes(run.tenant_id) as scope:
            row = await messages.question_before(scope, run.thread_id, run.id)
        message = None if row is None else StoredMessage(row, (), run.assistant_id)
    return BackboardEncoder(run, message)


async def whole(turn: Turn, client: Client, server: Resources) -> ReplyOut:
    """The turn as one answer, once the run has settled."""
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


async def _early_failure(feed: Feed) -> Failure | None:
    """Why a run failed before there was any text, within HOLD_SECONDS."""
    try:
        async with asyncio.timeout(HOLD_SECONDS):
            sign = await _first_sign(feed)
    except TimeoutError:
        return None
    if not isinstance(sign, RunSettled) or sign.run.status is not RunStatus.FAILED:
        return None
    return sign.run.failure


async def _first_sign(feed: Feed) -> RunEvent | None:
    """The first event that says how the model took the question."""
    async with aclosing(feed.follow()) as batches:
        async for events in batches:
            for event in events:
                if not event.traits.is_prelude:
                    return event
    return None
