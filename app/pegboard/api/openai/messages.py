"""`/threads/{thread_id}/messages`."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from pegboard.api.http.requests import StrictRoute
from pegboard.api.http.scopes import CurrentTenant, Reading, Server, Writing
from pegboard.api.openai.ids import id_of
from pegboard.api.openai.paging import page_of
from pegboard.api.openai.run_faults import in_openais_words
from pegboard.api.openai.wire.deleted import DeletedOut
from pegboard.api.openai.wire.lists import ListOut, page_response
from pegboard.api.openai.wire.messages import MessageChange, MessageIn, MessageOut
from pegboard.db.pages import Page
from pegboard.messages import operations, queries
from pegboard.messages.tables import Role
from pegboard.public_ids import Prefix
from pegboard.runs.requests.new_messages import NewMessage
from pegboard.threads import operations as threads

router = APIRouter(tags=["Messages"], route_class=StrictRoute)
RequestedPage = Annotated[Page, Depends(page_of(Prefix.MESSAGE))]


@router.post("/threads/{thread_id}/messages")
async def create_message(
    thread_id: str, body: MessageIn, tenant_id: CurrentTenant, server: Server
) -> MessageOut:
    """Add a message. Nobody answers before a run is created."""
    wanted = id_of("Thread", thread_id, param="thread_id")
    with in_openais_words(adding=True):
        (row,) = await server.conversations.add_messages(tenant_id, wanted, new_messages([body]))
    return MessageOut.of(row)


@router.get("/threads/{thread_id}/messages", response_model=ListOut[MessageOut])
async def list_messages(
    thread_id: str, scope: Reading, requested: RequestedPage, run_id: str | None = None
) -> Response:
    wanted = id_of("Thread", thread_id, param="thread_id")
    run = id_of("Run", run_id, param="run_id") if run_id else None
    await threads.get(scope, wanted)
    listed = await queries.page(scope, wanted, requested, run_id=run)
    return await page_response(
        [MessageOut.of(one) for one in listed.rows], has_more=listed.has_more
    )


@router.get("/threads/{thread_id}/messages/{message_id}")
async def get_message(thread_id: str, message_id: str, scope: Reading) -> MessageOut:
    thread = id_of("Thread", thread_id, param="thread_id")
    wanted = id_of("Message", message_id, param="message_id")
    await threads.get(scope, thread)
    return MessageOut.of(await queries.get(scope, thread, wanted))


@router.post("/threads/{thread_id}/messages/{message_id}")
async def modify_message(
    thread_id: str, message_id: str, body: MessageChange, scope: Writing
) -> MessageOut:
    thread = id_of("Thread", thread_id, param="thread_id")
    wanted = id_of("Message", message_id, param="message_id")
    await threads.get(scope, thread)
    message = await queries.get(scope, thread, wanted)
    if "metadata" in body.model_fields_set:
        message.labels = body.metadata or {}
    return MessageOut.of(message)


@router.delete("/threads/{thread_id}/messages/{message_id}")
async def delete_message(
    thread_id: str, message_id: str, tenant_id: CurrentTenant, server: Server
) -> DeletedOut:
    thread = id_of("Thread", thread_id, param="thread_id")
    wanted = id_of("Message", message_id, param="message_id")
    with in_openais_words(adding=True):
        async with server.conversations.idle(tenant_id, thread) as scope:
            await operations.remove(scope, await queries.get(scope, thread, wanted))
    return DeletedOut.of(Prefix.MESSAGE, wanted, "thread.message.deleted")


def new_messages(messages: Iterable[MessageIn]) -> list[NewMessage]:
    """What is to be stored of messages.

    Raises BadParameter for one that says nothing, and Missing for what is no id of a file.
    """
    return [
        NewMessage(
            one.text(),
            labels=one.metadata,
            role=Role(one.role),
            parts=one.parts(),
            attachments=tuple(each.attachment() for each in one.attachments or ()),
        )
        for one in messages
    ]
