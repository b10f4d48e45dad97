"""`/threads/{thread_id}/messages/{message_id}/files`, which only version 1 knows."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from pegboard.api.http.requests import StrictRoute
from pegboard.api.http.scopes import Reading
from pegboard.api.openai.ids import id_in_path
from pegboard.api.openai.missing import Missing
from pegboard.api.openai.paging import cut_page, page_of
from pegboard.api.openai.wire.documented import MessageFileShape
from pegboard.api.openai.wire.fields import seconds
from pegboard.api.openai.wire.lists import ListOut
from pegboard.db.base import JsonDict
from pegboard.db.pages import Page
from pegboard.files import operations as files
from pegboard.messages import attachments, queries
from pegboard.messages.tables import Message
from pegboard.public_ids import Prefix, public_id
from pegboard.tenants.scope import Scope
from pegboard.threads import operations as threads

router = APIRouter(tags=["Messages"], route_class=StrictRoute)
ThreadId = Annotated[UUID, Depends(id_in_path("thread_id", "Thread"))]
MessageId = Annotated[UUID, Depends(id_in_path("message_id", "Message"))]
FileId = Annotated[UUID, Depends(id_in_path("file_id", files.NOUN))]
FilePage = Annotated[Page, Depends(page_of(Prefix.FILE))]


@router.get(
    "/threads/{thread_id}/messages/{message_id}/files",
    response_model=None,
    responses={200: {"model": ListOut[MessageFileShape]}},
)
async def list_message_files(
    thread_id: ThreadId, message_id: MessageId, scope: Reading, page: FilePage
) -> JsonDict:
    return cut_page(await _files(scope, thread_id, message_id), page, Prefix.FILE)


@router.get(
    "/threads/{thread_id}/messages/{message_id}/files/{file_id}",
    response_model=None,
    responses={200: {"model": MessageFileShape}},
)
async def get_message_file(
    thread_id: ThreadId, message_id: MessageId, file_id: FileId, scope: Reading
) -> JsonDict:
    wanted = public_id(Prefix.FILE, file_id)
    for file in await _files(scope, thread_id, message_id):
        if file["id"] == wanted:
            return file
    raise Missing(files.NOUN, wanted)


async def _files(scope: Scope, thread_id: UUID, message_id: UUID) -> list[JsonDict]:
    await threads.get(scope, thread_id)
    message = await queries.get(scope, thread_id, message_id)
    attached = attachments.from_json(message.attachments or ())
    return [_file_out(message, file_id) for file_id in dict.fromkeys(a.file_id for a in attached)]


def _file_out(message: Message, file_id: UUID) -> JsonDict:
    return {
        "id": public_id(Prefix.FILE, file_id),
        "object": "thread.message.file",
        "created_at": seconds(message.created_at),
        "message_id": public_id(Prefix.MESSAGE, message.id),
    }
