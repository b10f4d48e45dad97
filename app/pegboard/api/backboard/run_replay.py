"""The stream of a run from its first frame on, out of its log: play after play."""

from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing

from pegboard.api.backboard.run_stream import Telling
from pegboard.messages import queries as messages
from pegboard.runs.model.events import RunEvent, RunStarted
from pegboard.runs.requests.new_messages import StoredMessage
from pegboard.runs.stored import snapshot_of
from pegboard.runs.tables import Run
from pegboard.tenants.scope import Scopes


async def replayed(
    run: Run, batches: AsyncGenerator[Sequence[RunEvent], None], read_scopes: Scopes
) -> AsyncGenerator[Iterable[bytes], None]:
    """Frames that are there together, made one by one as they are taken: all of them, in turn."""
    async with read_scopes(run.tenant_id) as scope:
        asked = await messages.asked_before(scope, run.thread_id, run.id)
    stored = None if asked is None else StoredMessage(asked, (), run.assistant_id)
    telling = Telling(snapshot_of(run), resumed=False, message=stored)
    yield telling.opening()
    begun = False

    def frames(events: Sequence[RunEvent]) -> Iterator[bytes]:
        nonlocal telling, begun
        for event in events:
            if isinstance(event, RunStarted):
                if begun:
                    telling = Telling(event.run, resumed=True, message=None)
                    yield from telling.opening()
                begun = True
            yield from telling.frames(event)

    async with aclosing(batches):
        async for events in batches:
            yield frames(events)
