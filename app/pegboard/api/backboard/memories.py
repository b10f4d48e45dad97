"""`/assistants/{assistant_id}/memories`, and the operations that learn them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from pegboard.api.backboard.paging import within_bigint
from pegboard.api.backboard.wire.memories import (
    ChangeOut,
    Done,
    HistoryOut,
    InsightsOut,
    MemoriesOut,
    MemoryAdded,
    MemoryIn,
    MemoryOut,
    OperationOut,
    SearchIn,
    StatsOut,
    UndoneOut,
)
from pegboard.api.http.requests import StrictRoute
from pegboard.api.http.scopes import CurrentTenant, Reading, Server, Writing
from pegboard.assistants import operations as assistants
from pegboard.memories import learning, operations
from pegboard.memories.insights import insights_of
from pegboard.memories.operations import LONGEST
from pegboard.memories.tables import Memory
from pegboard.tenants.scope import Scope

router = APIRouter(tags=["Memories"], route_class=StrictRoute)

_DEFAULT_PAGE = 25
_PATIENCE = 8.0
_NEWEST = 10


@router.get("/assistants/memories/operations/{operation_id}")
async def get_operation(operation_id: UUID, scope: Reading) -> OperationOut:
    """What became of an exchange that was to be learnt from."""
    return OperationOut.of(await learning.get(scope, operation_id))


@router.post("/assistants/memories/operations/{operation_id}/undo")
async def undo_operation(operation_id: UUID, scope: Writing) -> UndoneOut:
    """Take back what an operation changed. This server's own; the hosted one has no such call."""
    operation, undone = await learning.undo(scope, operation_id)
    return UndoneOut(
        success=True, message=f"{undone} changes undone", operation=OperationOut.of(operation)
    )


@router.get("/assistants/{assistant_id}/memories")
async def list_memories(
    assistant_id: UUID,
    scope: Reading,
    page: Annotated[int | None, Query(ge=1)] = None,
    page_size: Annotated[int | None, Query(ge=1, le=100)] = None,
    skip: Annotated[int | None, Query(ge=0)] = None,
    limit: Annotated[int | None, Query(ge=0)] = None,
) -> MemoriesOut:
    """All memories, oldest first; a page of them where one is asked for."""
    await assistants.get(scope, assistant_id)
    total, _ = await operations.count(scope, assistant_id)
    if page is None and page_size is None:
        part = await operations.list_page(
            scope,
            assistant_id,
            skip=within_bigint(skip or 0),
            limit=None if limit is None else within_bigint(limit),
        )
        return MemoriesOut(memories=[MemoryOut.of(one) for one in part], total_count=total)
    number, size = page or 1, page_size or _DEFAULT_PAGE
    part = await operations.list_page(
        scope, assistant_id, skip=within_bigint((number - 1) * size), limit=size
    )
    return MemoriesOut(
        memories=[MemoryOut.of(one) for one in part],
        total_count=total,
        page=number,
        page_size=size,
        total_pages=-(-total // size),
    )


@router.post("/assistants/{assistant_id}/memories", status_code=201)
async def add_memory(
    assistant_id: UUID, body: MemoryIn, tenant_id: CurrentTenant, server: Server
) -> MemoryAdded:
    """Keep a text, verbatim and readable at once."""
    operations.check_length(body.content)
    name = await server.recall.embedding_of(tenant_id, assistant_id)
    vector = await server.recall.vector_for(tenant_id, name, body.content)
    async with server.scopes(tenant_id) as scope:
        await assistants.hold(scope, assistant_id)
        memory = await operations.add(
            scope,
            assistant_id=assistant_id,
            content=body.content,
            labels=body.metadata,
            vector=vector,
        )
    return MemoryAdded(**MemoryOut.of(memory).model_dump())


@router.post("/assistants/{assistant_id}/memories/search")
async def search_memories(
    assistant_id: UUID, body: SearchIn, tenant_id: CurrentTenant, server: Server
) -> MemoriesOut:
    """The memories that fit a question, best first, with scores. What fits nothing is left out."""
    await server.recall.embedding_of(tenant_id, assistant_id)
    memories = await server.recall.find(
        tenant_id, assistant_id, body.query, top=body.limit, patience=_PATIENCE
    )
    return MemoriesOut(
        memories=[MemoryOut.retrieved(one) for one in memories], total_count=len(memories)
    )


@router.delete("/assistants/{assistant_id}/memories")
async def reset_memories(assistant_id: UUID, scope: Writing) -> Done:
    """Forget everything of this assistant."""
    gone = await operations.forget_all(scope, assistant_id)
    return Done(success=True, message=f"{gone} memories deleted")


@router.get("/assistants/{assistant_id}/memories/stats")
async def get_stats(assistant_id: UUID, scope: Reading) -> StatsOut:
    await assistants.get(scope, assistant_id)
    total, latest = await operations.count(scope, assistant_id)
    return StatsOut(
        total_memories=total,
        total_count=total,
        last_updated=latest and latest.isoformat(),
        limits={"max_memories": None, "max_content_bytes": LONGEST},
    )


@router.get("/assistants/{assistant_id}/memories/insights")
async def get_insights(assistant_id: UUID, scope: Reading) -> InsightsOut:
    """How much there is, of which kinds, and what was learnt last."""
    await assistants.get(scope, assistant_id)
    insights = await insights_of(scope, assistant_id)
    done = await learning.newest(scope, assistant_id, limit=_NEWEST)
    return InsightsOut(
        snapshot={
            "total_memories": insights.total,
            "learnt": insights.learnt,
            "last_updated": insights.last_updated and insights.last_updated.isoformat(),
        },
        contentSignals={
            "characters": insights.characters,
            "longest": insights.longest,
            "average": insights.average,
        },
        breakdown={"by_type": dict(insights.kinds)},
        operations=[OperationOut.of(one).model_dump(mode="json") for one in done],
    )


@router.get("/assistants/{assistant_id}/memories/{memory_id}")
async def get_memory(assistant_id: UUID, memory_id: str, scope: Reading) -> MemoryOut:
    return MemoryOut.of(await _memory(scope, assistant_id, memory_id))


@router.get("/assistants/{assistant_id}/memories/{memory_id}/history")
async def get_history(assistant_id: UUID, memory_id: UUID, scope: Reading) -> HistoryOut:
    """What operations have changed in a memory, with its former texts. This server's own."""
    await assistants.get(scope, assistant_id)
    changes = await learning.history(scope, memory_id)
    listed = [ChangeOut.of(one) for one in changes if one.assistant_id == assistant_id]
    if not listed:
        await operations.get(scope, assistant_id, memory_id)
    return HistoryOut(memory_id=memory_id, changes=listed)


@router.put("/assistants/{assistant_id}/memories/{memory_id}")
async def update_memory(
    assistant_id: UUID,
    memory_id: str,
    body: MemoryIn,
    tenant_id: CurrentTenant,
    server: Server,
) -> MemoryOut:
    """Replace the text, and the metadata where it is given."""
    operations.check_length(body.content)
    name = await server.recall.embedding_of(tenant_id, assistant_id)
    vector = await server.recall.vector_for(tenant_id, name, body.content)
    async with server.scopes(tenant_id) as scope:
        memory = await _memory(scope, assistant_id, memory_id)
        await operations.change(
            scope, memory, content=body.content, labels=body.metadata, vector=vector
        )
        return MemoryOut.of(memory)


@router.delete("/assistants/{assistant_id}/memories/{memory_id}")
async def delete_memory(assistant_id: UUID, memory_id: str, scope: Writing) -> Done:
    memory = await _memory(scope, assistant_id, memory_id)
    await operations.forget(scope, assistant_id, memory.id)
    return Done(success=True, message="Memory deleted successfully")


async def _memory(scope: Scope, assistant_id: UUID, memory_id: str) -> Memory:
    """Memory ids are opaque on this wire: what is none of ours names a memory that is not there."""
    try:
        wanted = UUID(memory_id)
    except ValueError:
        wanted = UUID(int=0)
    return await operations.get(scope, assistant_id, wanted)
