"""The stream of a run from its first frame on, out of its log: play after play."""

from collections.abc import AsyncGenerator, AsyncIterable, Sequence

from app.messages import queries as messages
from app.runs.events import RunEvent, RunStarted
from app.runs.starting import StoredMessage
from app.runs.stored import snapshot_of
from app.runs.tables import Run
from app.surfaces.backboard.run_stream import Telling
from app.tenants.scope import Scopes


async def replayed(
    run: Run, batches: AsyncIterable[Sequence[RunEvent]], read_scopes: Scopes
) -> AsyncGenerator[bytes, None]:
    """Frame by frame."""
    async with read_scopes(run.tenant_id) as scope:
        asked = await messages.asked_before(scope, run.thread_id, run.id)
    stored = None if asked is None else StoredMessage(asked, (), run.assistant_id)
    telling = Telling(snapshot_of(run), resumed=False, message=stored)
    for frame in telling.opening():
        yield frame
    begun = False
    async for events in batches:
        for event in events:
            if isinstance(event, RunStarted):
                if begun:
                    telling = Telling(event.run, resumed=True, message=None)
                    for frame in telling.opening():
                        yield frame
                begun = True
            for frame in telling.frames(event):
                yield frame
