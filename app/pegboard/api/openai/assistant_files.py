"""`/assistants/{assistant_id}/files`, which only version 1 knows: the files of an assistant.

Kept as version 2 has them: among the code interpreter's, and in the store that is searched.
"""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from pegboard.api.http.requests import StrictRoute
from pegboard.api.http.scopes import CurrentTenant, Reading, Server, Writing
from pegboard.api.openai.attaching import attaching
from pegboard.api.openai.ids import id_in_path, id_of
from pegboard.api.openai.paging import cut_page, page_of
from pegboard.api.openai.public_ids import Prefix, public_id, uuid_of
from pegboard.api.openai.resources import MOST_FILES, stores_of, with_store
from pegboard.api.openai.wire.assistant_files import AssistantFileIn, AssistantFileOut
from pegboard.api.openai.wire.deleted import DeletedOut
from pegboard.api.openai.wire.limits import check_length
from pegboard.api.openai.wire.lists import ListOut
from pegboard.assistants import operations
from pegboard.assistants.tables import Assistant
from pegboard.db.base import JsonDict
from pegboard.db.pages import Page
from pegboard.documents import store_files, stores
from pegboard.documents.store_files import Attachment
from pegboard.errors import NotFound
from pegboard.files import operations as files
from pegboard.files.tables import File
from pegboard.tenants.scope import Scope

router = APIRouter(tags=["Assistants"], route_class=StrictRoute)
AssistantId = Annotated[UUID, Depends(id_in_path("assistant_id", operations.NOUN))]
FileId = Annotated[UUID, Depends(id_in_path("file_id", files.NOUN))]
RequestedPage = Annotated[Page, Depends(page_of(Prefix.FILE))]


@router.post("/assistants/{assistant_id}/files")
async def create_assistant_file(
    assistant_id: AssistantId, body: AssistantFileIn, tenant_id: CurrentTenant, server: Server
) -> AssistantFileOut:
    """Attach a file, to be read and searched."""
    file_id = id_of(files.NOUN, body.file_id, param="file_id")
    wanted = [Attachment(file_id)]
    async with server.read_scopes(tenant_id) as scope:
        await operations.get(scope, assistant_id)
    async with attaching(server, tenant_id, wanted) as (scope, copies):
        assistant = await operations.held(scope, assistant_id)
        attached = list(dict.fromkeys([*_attached(assistant), public_id(Prefix.FILE, file_id)]))
        check_length("file_ids", attached, most=MOST_FILES)
        resources = _with_files(assistant, attached)
        there = stores_of(resources)
        store_id = there[0] if there else (await stores.create(scope)).id
        assistant.tool_resources = with_store(resources, store_id)
        await store_files.attach(scope, store_id, wanted, copies)
        return AssistantFileOut.of(assistant_id, await files.get(scope, file_id))


@router.get(
    "/assistants/{assistant_id}/files",
    response_model=None,
    responses={200: {"model": ListOut[AssistantFileOut]}},
)
async def list_assistant_files(
    assistant_id: AssistantId, scope: Reading, requested: RequestedPage
) -> JsonDict:
    files = await _files(scope, await operations.get(scope, assistant_id))
    listed = [AssistantFileOut.of(assistant_id, file).model_dump() for file in files]
    return cut_page(listed, requested, Prefix.FILE)


@router.get("/assistants/{assistant_id}/files/{file_id}")
async def get_assistant_file(
    assistant_id: AssistantId, file_id: FileId, scope: Reading
) -> AssistantFileOut:
    assistant = await operations.get(scope, assistant_id)
    return AssistantFileOut.of(assistant_id, await _file(scope, assistant, file_id))


@router.delete("/assistants/{assistant_id}/files/{file_id}")
async def delete_assistant_file(
    assistant_id: AssistantId, file_id: FileId, scope: Writing
) -> DeletedOut:
    """Detach a file. The file itself stays."""
    assistant = await operations.held(scope, assistant_id)
    await _file(scope, assistant, file_id)
    gone = public_id(Prefix.FILE, file_id)
    rest = [text for text in _attached(assistant) if text != gone]
    assistant.tool_resources = _with_files(assistant, rest)
    for store_id in stores_of(assistant.tool_resources):
        try:
            await store_files.detach(scope, store_id, file_id)
        except NotFound:
            continue
    return DeletedOut.of(Prefix.FILE, file_id, "assistant.file.deleted")


def _attached(assistant: Assistant) -> Sequence[str]:
    attached: Sequence[str] = ((assistant.tool_resources or {}).get("code_interpreter") or {}).get(
        "file_ids"
    ) or ()
    return attached


def _with_files(assistant: Assistant, file_ids: Sequence[str]) -> JsonDict:
    return {**(assistant.tool_resources or {}), "code_interpreter": {"file_ids": list(file_ids)}}


async def _file(scope: Scope, assistant: Assistant, file_id: UUID) -> File:
    if public_id(Prefix.FILE, file_id) not in _attached(assistant):
        raise NotFound(files.NOUN, file_id)
    return await files.get(scope, file_id)


async def _files(scope: Scope, assistant: Assistant) -> list[File]:
    """Those that are still there, in the order in which they were uploaded."""
    wanted = [file_id for text in _attached(assistant) if (file_id := uuid_of(Prefix.FILE, text))]
    return await files.present(scope, wanted)
