"""Threads, which belong to nobody, as they did."""

from collections.abc import Sequence

from app.importing.assistants import resources_of
from app.importing.desk import Take, given
from app.importing.files import moment
from app.importing.lines import Item
from app.importing.names import Names
from app.surfaces.openai.wire.threads import ThreadChange
from app.tenants.scope import Scope
from app.threads import operations as threads


async def prepare_threads(scope: Scope, items: Sequence[Item], names: Names) -> Take:
    return _take_thread


async def _take_thread(scope: Scope, item: Item, names: Names) -> None:
    value = names.translated(item)
    told = ThreadChange.model_validate(given(value, "metadata"))
    thread = await threads.open_thread(
        scope,
        assistant_id=None,
        labels=told.metadata or {},
        thread_id=names.object_id(item.original_id),
        tool_resources=resources_of(value),
    )
    thread.created_at = thread.updated_at = moment(item.value["created_at"])
