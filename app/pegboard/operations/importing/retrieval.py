"""What assistants of version 1 were to look up: their own files, in a vector store here."""

from typing import Any
from uuid import UUID

from pegboard.api.openai.public_ids import Prefix, public_id, uuid_of
from pegboard.assistants import operations as assistants
from pegboard.db.base import JsonDict
from pegboard.documents import stores
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
        resources = dict(assistant.tool_resources or {})
        store_id = _store_of(resources)
        if store_id is None:
            store_id = (await stores.create(scope)).id
            named = [public_id(Prefix.VECTOR_STORE, store_id)]
            assistant.tool_resources = resources | {"file_search": {"vector_store_ids": named}}
    await fill(context, item, names, store_id)


def _looks_up(value: dict[str, Any]) -> bool:
    tools, file_ids = value.get("tools"), value.get("file_ids")
    return (
        isinstance(tools, list)
        and {"type": "retrieval"} in tools
        and isinstance(file_ids, list)
        and bool(file_ids)
    )


def _store_of(resources: JsonDict) -> UUID | None:
    """The store that an earlier import has given it, or somebody since."""
    named = (resources.get("file_search") or {}).get("vector_store_ids") or ("",)
    return uuid_of(Prefix.VECTOR_STORE, named[0])
