"""`/threads`, and an assistant's threads."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from app import clock
from app.assistants import operations as assistants
from app.documents import operations as documents
from app.messages import queries as messages
from app.surfaces.backboard.clients import Client, current_client
from app.surfaces.backboard.paging import Limit, Skip, within_bigint
from app.surfaces.backboard.wire.threads import ThreadDeleted, ThreadOut, threads_out
from app.surfaces.requests import StrictRoute
from app.surfaces.scopes import CurrentTenant, Reading, Server, Writing
from app.tenants.scope import Scope
from app.threads import operations
from app.threads.tables import Thread

router = APIRouter(tags=["Threads"], route_class=StrictRoute)
Caller = Annotated[Client, Depends(current_client)]


@router.post("/assistants/{assistant_id}/threads")
async def create_thread(
    assistant_id: UUID, request: Request, scope: Writing, caller: Caller
) -> ThreadOut:
    """Open a thread. The body may be missing; what is in it is ignored."""
    if (await request.body()).strip():
        await request.json()
    thread = await operations.open_thread(scope, assistant_id=assistant_id)
    (told,) = threads_out([thread], [], [], caller)
    return told


@router.get("/assistants/{assistant_id}/threads")
async def list_threads_of_assistant(
    assistant_id: UUID,
    scope: Reading,
    caller: Caller,
    skip: Skip = 0,
    limit: Limit = 100,
    include_messages: bool = True,
) -> list[ThreadOut]:
    await assistants.get(scope, assistant_id)
    page = await operations.list_page(
        scope, skip=within_bigint(skip), limit=within_bigint(limit), assistant_id=assistant_id
    )
    return await _with_messages(scope, page, caller, include=include_messages)


@router.get("/threads")
async def list_threads(
    scope: Reading,
    caller: Caller,
    skip: Skip = 0,
    limit: Limit = 100,
    include_messages: bool = True,
) -> list[ThreadOut]:
    """In the order of their creation, with their messages unless `include_messages=false`."""
    page = await operations.list_page(scope, skip=within_bigint(skip), limit=within_bigint(limit))
    return await _with_messages(scope, page, caller, include=include_messages)


@router.get("/threads/{thread_id}")
async def get_thread(thread_id: UUID, scope: Reading, caller: Caller) -> ThreadOut:
    """A thread with all its messages, oldest first."""
    thread = await operations.get(scope, thread_id)
    (told,) = await _with_messages(scope, [thread], caller, include=True)
    return told


@router.delete("/threads/{thread_id}")
async def delete_thread(thread_id: UUID, tenant_id: CurrentTenant, server: Server) -> ThreadDeleted:
    async with server.scopes(tenant_id) as scope:
        await operations.get(scope, thread_id)
        await documents.release_blobs(scope, thread_id=thread_id)
        await operations.remove(scope, thread_id)
    server.conversations.abandon(thread_id=thread_id)
    return ThreadDeleted(
        message="Thread deleted successfully", thread_id=thread_id, deleted_at=clock.now()
    )


async def _with_messages(
    scope: Scope, threads: Sequence[Thread], caller: Client, *, include: bool
) -> list[ThreadOut]:
    ids = [thread.id for thread in threads]
    if not include:
        counts = await messages.count_by_thread(scope, ids)
        begun = await messages.first_of_users(scope, ids)
        return [
            ThreadOut.without_messages(one, counts.get(one.id, 0), begun.get(one.id))
            for one in threads
        ]
    said = await messages.of_threads(scope, ids)
    attached = await documents.of_threads(scope, ids)
    return threads_out(threads, said, attached, caller)
