"""`/threads`, and an assistant's threads."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from pegboard import clock
from pegboard.api.backboard.clients import Client, current_client
from pegboard.api.backboard.paging import Limit, Skip, within_bigint
from pegboard.api.backboard.wire.messages import MessageOut, documents_by_message
from pegboard.api.backboard.wire.threads import ThreadDeleted, ThreadOut
from pegboard.api.http.rendering import list_response, pieces_response, rendered
from pegboard.api.http.requests import StrictRoute
from pegboard.api.http.scopes import CurrentTenant, Reading, Server, Writing
from pegboard.assistants import operations as assistants
from pegboard.documents import operations as documents
from pegboard.messages import queries as messages
from pegboard.messages.tables import Role
from pegboard.tenants.scope import Scope
from pegboard.threads import operations
from pegboard.threads.tables import Thread

router = APIRouter(tags=["Threads"], route_class=StrictRoute)
Caller = Annotated[Client, Depends(current_client)]

_AT_ONCE: Final = 100
_BEGINNING: Final = 4_000
"""Characters of a first message, of which a title is made."""


@router.post("/assistants/{assistant_id}/threads")
async def create_thread(assistant_id: UUID, request: Request, scope: Writing) -> ThreadOut:
    """Open a thread. The body may be missing; what is in it is ignored."""
    if (await request.body()).strip():
        await request.json()
    thread = await operations.open_thread(scope, assistant_id=assistant_id)
    return ThreadOut.without_messages(thread, 0, None)


@router.get("/assistants/{assistant_id}/threads", response_model=list[ThreadOut])
async def list_threads_of_assistant(
    assistant_id: UUID,
    scope: Reading,
    caller: Caller,
    skip: Skip = 0,
    limit: Limit = 100,
    include_messages: bool = True,
) -> Response:
    await assistants.get(scope, assistant_id)
    return await _listed(
        scope,
        caller,
        skip=within_bigint(skip),
        limit=within_bigint(limit),
        include=include_messages,
        assistant_id=assistant_id,
    )


@router.get("/threads", response_model=list[ThreadOut])
async def list_threads(
    scope: Reading,
    caller: Caller,
    skip: Skip = 0,
    limit: Limit = 100,
    include_messages: bool = True,
) -> Response:
    """In the order of their creation, with their messages unless `include_messages=false`."""
    return await _listed(
        scope,
        caller,
        skip=within_bigint(skip),
        limit=within_bigint(limit),
        include=include_messages,
    )


@router.get("/threads/{thread_id}", response_model=ThreadOut)
async def get_thread(thread_id: UUID, scope: Reading, caller: Caller) -> Response:
    """A thread with all its messages, oldest first."""
    thread = await operations.get(scope, thread_id)
    (pieces,) = await _with_messages(scope, [thread], caller)
    return pieces_response(pieces)


@router.delete("/threads/{thread_id}")
async def delete_thread(thread_id: UUID, tenant_id: CurrentTenant, server: Server) -> ThreadDeleted:
    await server.removal.thread(tenant_id, thread_id)
    return ThreadDeleted(
        message="Thread deleted successfully", thread_id=thread_id, deleted_at=clock.now()
    )


async def _with_messages(
    scope: Scope, threads: Sequence[Thread], caller: Client
) -> list[list[bytes]]:
    """Each thread with its messages, as pieces of JSON: there is no limit to how long it is."""
    ids = [thread.id for thread in threads]
    attached = documents_by_message(await documents.of_threads(scope, ids))
    pieces: defaultdict[UUID, list[bytes]] = defaultdict(list)
    begun: dict[UUID, str] = {}
    async for page in messages.of_threads(scope, ids):
        shown = (MessageOut.of(one, attached[one.id], caller) for one in page)
        for message, part in zip(page, await rendered(shown), strict=True):
            pieces[message.thread_id].append(part)
            if message.role == Role.USER and message.content:
                begun.setdefault(message.thread_id, message.content[:_BEGINNING])
        scope.session.expunge_all()
    return [
        ThreadOut.without_messages(one, len(pieces[one.id]), begun.get(one.id)).pieces(
            pieces[one.id]
        )
        for one in threads
    ]


async def _without_messages(scope: Scope, threads: Sequence[Thread]) -> list[ThreadOut]:
    ids = [thread.id for thread in threads]
    counts = await messages.count_by_thread(scope, ids)
    begun = await messages.first_of_users(scope, ids)
    return [
        ThreadOut.without_messages(one, counts.get(one.id, 0), begun.get(one.id)) for one in threads
    ]


async def _listed(
    scope: Scope,
    caller: Client,
    *,
    skip: int,
    limit: int,
    include: bool,
    assistant_id: UUID | None = None,
) -> Response:
    """A page, however long: read and sent a part at a time."""
    parts: list[bytes] = []
    while limit > 0:
        few = min(limit, _AT_ONCE)
        page = await operations.list_page(scope, skip=skip, limit=few, assistant_id=assistant_id)
        if include:
            parts += [b"".join(pieces) for pieces in await _with_messages(scope, page, caller)]
        else:
            parts += await rendered(await _without_messages(scope, page))
        if len(page) < few:
            break
        skip, limit = skip + few, limit - few
    return list_response(parts)
