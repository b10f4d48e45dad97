"""The vector store of an assistant or a thread that its own files go into."""

from dataclasses import replace
from uuid import UUID

from pegboard.assistants.tables import Assistant
from pegboard.assistants.tool_resources import ToolResources
from pegboard.documents import stores
from pegboard.tenants.scope import Scope
from pegboard.threads.tables import Thread


async def own_store(
    scope: Scope, owner: Assistant | Thread, *, expires_after_days: int | None = None
) -> UUID:
    """The first store that its tools search; made when first needed, to last so many days.

    The owner's row has to be locked: of two who come at once, one makes the store.
    """
    resources = owner.tool_resources or ToolResources()
    if resources.vector_store_ids:
        return resources.vector_store_ids[0]
    store = await stores.create(scope, expires_after_days=expires_after_days)
    owner.tool_resources = replace(resources, vector_store_ids=(store.id,))
    return store.id
