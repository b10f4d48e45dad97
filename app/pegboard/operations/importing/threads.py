"""Threads, which belong to nobody, as they did."""

from collections.abc import Sequence

from pegboard.api.openai.wire.threads import ThreadChange
from pegboard.operations.importing.assistants import resources_of
from pegboard.operations.importing.files import moment
from pegboard.operations.importing.import_context import ImportItem, given
from pegboard.operations.importing.lines import Item
from pegboard.operations.importing.names import Names
from pegboard.tenants.scope import Scope
from pegboard.threads import operations as threads


async def prepare_threads(scope: Scope, items: Sequence[Item], names: Names) -> ImportItem:
    return _take_thread


async def _take_thread(scope: Scope, item: Item, names: Names) -> None:
    value = names.translated(item)
    change = ThreadChange.model_validate(given(value, "metadata"))
    thread = await threads.open_thread(
        scope,
        assistant_id=None,
        labels=change.metadata or {},
        thread_id=names.object_id(item.original_id),
        tool_resources=resources_of(value),
    )
    thread.created_at = thread.updated_at = moment(item.value["created_at"])
