"""What assistants of version 1 were to look up: their own files, in a vector store here."""

from typing import Any

from pegboard.assistants import operations as assistants
from pegboard.documents.own_stores import own_store
from pegboard.errors import NotFound
from pegboard.operations.importing.import_context import ImportContext
from pegboard.operations.importing.lines import Item
from pegboard.operations.importing.names import names_of
from pegboard.operations.importing.stores import fill


async def give_store(context: ImportContext, item: Item) -> None:
    """Let an assistant with `retrieval` search its `file_ids`, as one of version 2 would."""
    if not _looks_up(item.value):
        return
    async with context.scopes(context.tenant_id) as scope:
        names = await names_of(scope, [item])
        if not names.is_there(item.original_id):
            return
        try:
            assistant = await assistants.get(scope, names.object_id(item.original_id))
        except NotFound:
            return
        # One that it has, an earlier import has given it, or somebody since.
        store_id = await own_store(scope, assistant)
    await fill(context, item, names, store_id)


def _looks_up(value: dict[str, Any]) -> bool:
    tools, file_ids = value.get("tools"), value.get("file_ids")
    return (
        isinstance(tools, list)
        and {"type": "retrieval"} in tools
        and isinstance(file_ids, list)
        and bool(file_ids)
    )
