"""The stream of a run from its first frame on, out of its log: play after play."""

from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing
from uuid import UUID

from pegboard.api.openai.run_stream import Telling, frame
from pegboard.api.openai.wire.steps import called_step
from pegboard.messages import queries as messages
from pegboard.messages.tables import Role
from pegboard.runs.model.events import MessageFinished, RunEvent, RunStarted
from pegboard.runs.tables import Run
from pegboard.tenants.scope import Scopes


async def replayed(
    run: Run, batches: AsyncGenerator[Sequence[RunEvent], None], read_scopes: Scopes
) -> AsyncGenerator[Iterable[bytes], None]:
    """Frames that are there together, made one by one as they are taken: all of them, in turn.

    But for the one that says that a stream is done.
    """
    telling = Telling(run, resumed=False)
    asked: UUID | None = None

    def frames(events: Sequence[RunEvent]) -> Iterator[bytes]:
        nonlocal asked
        for event in events:
            if isinstance(event, MessageFinished):
                asked = event.message.id
            yield from telling.frames(event)

    async with aclosing(batches):
        async for events in batches:
            for play in _by_plays(events):
                if isinstance(play[0], RunStarted) and asked is not None:
                    telling = Telling(run, resumed=True)
                    yield [await submitted(run, asked, read_scopes)]
                yield frames(play)


def _by_plays(events: Sequence[RunEvent]) -> Iterator[Sequence[RunEvent]]:
    """The same events, cut before each that begins a play."""
    begin = 0
    for position, event in enumerate(events):
        if isinstance(event, RunStarted) and position > begin:
            yield events[begin:position]
            begin = position
    yield events[begin:]


async def submitted(run: Run, asked: UUID, read_scopes: Scopes) -> bytes:
    """The step whose calls were answered before the run went on: `asked` is their message."""
    async with read_scopes(run.tenant_id) as scope:
        written = await messages.of_run(scope, run.thread_id, run.id)
    message = next(one for one in written if one.id == asked)
    outputs = {one.tool_call_id: one for one in written if one.role == Role.TOOL}
    return frame("thread.run.step.completed", called_step(run, message, outputs))
