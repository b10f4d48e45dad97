"""`/threads`. A thread that is made here belongs to no assistant."""

from typing import Annotated

from fastapi import APIRouter, Depends

from pegboard.api.http.requests import StrictRoute
from pegboard.api.http.scopes import CurrentTenant, Reading, Server
from pegboard.api.openai.ids import id_of
from pegboard.api.openai.messages import new_messages
from pegboard.api.openai.paging import page_of
from pegboard.api.openai.run_faults import in_openais_words
from pegboard.api.openai.wire.deleted import DeletedOut
from pegboard.api.openai.wire.lists import ListOut
from pegboard.api.openai.wire.threads import ThreadChange, ThreadIn, ThreadOut
from pegboard.api.openai.wire.tool_resources import wanted_resources
from pegboard.db.pages import Page
from pegboard.documents.wanted_resources import resolving
from pegboard.public_ids import Prefix
from pegboard.runs.requests.targets import NewThread
from pegboard.threads import operations

router = APIRouter(tags=["Threads"], route_class=StrictRoute)
ThreadPage = Annotated[Page, Depends(page_of(Prefix.THREAD))]


@router.post("/threads")
async def create_thread(
    tenant_id: CurrentTenant, server: Server, body: ThreadIn | None = None
) -> ThreadOut:
    """Open a thread, perhaps with messages. The body may be missing."""
    wanted = body or ThreadIn()
    target = NewThread(
        labels=wanted.metadata,
        tool_resources=wanted_resources(wanted.tool_resources),
    )
    with in_openais_words(adding=True):
        await server.conversations.add_messages(
            tenant_id, target, new_messages(wanted.messages or ())
        )
    async with server.read_scopes(tenant_id) as scope:
        return ThreadOut.of(await operations.get(scope, target.id))


@router.get("/threads")
async def list_threads(scope: Reading, page: ThreadPage) -> ListOut[ThreadOut]:
    """All threads, those of the other API among them. OpenAI never offered this."""
    rows = await operations.page(scope, page)
    return ListOut.of([ThreadOut.of(one) for one in rows.rows], has_more=rows.has_more)


@router.get("/threads/{thread_id}")
async def get_thread(thread_id: str, scope: Reading) -> ThreadOut:
    wanted = id_of("Thread", thread_id, param="thread_id")
    return ThreadOut.of(await operations.get(scope, wanted))


@router.post("/threads/{thread_id}")
async def modify_thread(
    thread_id: str, body: ThreadChange, tenant_id: CurrentTenant, server: Server
) -> ThreadOut:
    wanted = id_of("Thread", thread_id, param="thread_id")
    changes = body.changes()
    resources = wanted_resources(body.tool_resources)
    async with resolving(server.attaching, tenant_id, resources) as (scope, resolved):
        if "tool_resources" in body.model_fields_set:
            changes["tool_resources"] = resolved
        return ThreadOut.of(await operations.change(scope, wanted, changes))


@router.delete("/threads/{thread_id}")
async def delete_thread(thread_id: str, tenant_id: CurrentTenant, server: Server) -> DeletedOut:
    wanted = id_of("Thread", thread_id, param="thread_id")
    await server.removal.thread(tenant_id, wanted)
    return DeletedOut.of(Prefix.THREAD, wanted, "thread.deleted")
