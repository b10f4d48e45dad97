"""The stream of a run from its first frame on, out of its log: play after play."""

from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from uuid import UUID

from app.messages import queries as messages
from app.messages.tables import Role
from app.runs.events import MessageFinished, RunEvent, RunStarted
from app.runs.tables import Run
from app.surfaces.openai.run_stream import Telling, frame
from app.surfaces.openai.wire.steps import called_step
from app.tenants.scope import Scopes


async def replayed(
    run: Run, batches: AsyncIterable[Sequence[RunEvent]], read_scopes: Scopes
) -> AsyncGenerator[bytes, None]:
    """Frame by frame, but for the one that says that a stream is done."""
    telling = Telling(run, resumed=False)
    asked: UUID | None = None
    async for events in batches:
        for event in events:
            if isinstance(event, RunStarted) and asked is not None:
                telling = Telling(run, resumed=True)
                yield await submitted(run, asked, read_scopes)
            elif isinstance(event, MessageFinished):
                asked = event.message.id
            for told in telling.frames(event):
                yield told


async def submitted(run: Run, asked: UUID, read_scopes: Scopes) -> bytes:
    """The step whose calls were answered before the run went on: `asked` is their message."""
    async with read_scopes(run.tenant_id) as scope:
        written = await messages.of_run(scope, run.thread_id, run.id)
    message = next(one for one in written if one.id == asked)
    outputs = {one.tool_call_id: one for one in written if one.role == Role.TOOL}
    return frame("thread.run.step.completed", called_step(run, message, outputs))
