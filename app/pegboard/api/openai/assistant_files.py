"""`/assistants/{assistant_id}/files`, which only version 1 knows: the files of an assistant.

Kept as version 2 has them: among the code interpreter's, and in the store that is searched.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from pegboard.api.http.requests import StrictRoute
from pegboard.api.http.scopes import CurrentTenant, Reading, Server, Writing
from pegboard.api.openai.ids import id_in_path, id_of
from pegboard.api.openai.paging import cut_page, page_of
from pegboard.api.openai.wire.assistant_files import AssistantFileIn, AssistantFileOut
from pegboard.api.openai.wire.deleted import DeletedOut
from pegboard.api.openai.wire.limits import check_length
from pegboard.api.openai.wire.lists import ListOut
from pegboard.api.openai.wire.tool_resources import MOST_FILES
from pegboard.assistants import operations
from pegboard.assistants.tables import Assistant
from pegboard.assistants.tool_resources import ToolResources
from pegboard.db.base import JsonDict
from pegboard.db.pages import Page
from pegboard.documents import store_files
from pegboard.documents.own_stores import own_store
from pegboard.documents.store_files import NewStoreFile
from pegboard.errors import NotFound
from pegboard.files import operations as files
from pegboard.files.tables import File
from pegboard.public_ids import Prefix
from pegboard.tenants.scope import Scope

router = APIRouter(tags=["Assistants"], route_class=StrictRoute)
AssistantId = Annotated[UUID, Depends(id_in_path("assistant_id", operations.NOUN))]
FileId = Annotated[UUID, Depends(id_in_path("file_id", files.NOUN))]
FilePage = Annotated[Page, Depends(page_of(Prefix.FILE))]


@router.post("/assistants/{assistant_id}/files")
async def create_assistant_file(
    assistant_id: AssistantId, body: AssistantFileIn, tenant_id: CurrentTenant, server: Server
) -> AssistantFileOut:
    """Attach a file, to be read and searched."""
    file_id = id_of(files.NOUN, body.file_id, param="file_id")
    async with server.read_scopes(tenant_id) as scope:
        await operations.get(scope, assistant_id)
    async with server.attaching.transaction(tenant_id, [file_id]) as (scope, copies):
        assistant = await operations.held(scope, assistant_id)
        attached = list(dict.fromkeys([*_attached(assistant), file_id]))
        check_length("file_ids", attached, most=MOST_FILES)
        store_id = await own_store(scope, assistant)
        assistant.tool_resources = replace(_resources(assistant), code_file_ids=tuple(attached))
        await store_files.attach(scope, store_id, [NewStoreFile(file_id)], copies)
        return AssistantFileOut.of(assistant_id, await files.get(scope, file_id))


@router.get(
    "/assistants/{assistant_id}/files",
    response_model=None,
    responses={200: {"model": ListOut[AssistantFileOut]}},
)
async def list_assistant_files(
    assistant_id: AssistantId, scope: Reading, page: FilePage
) -> JsonDict:
    rows = await _files(scope, await operations.get(scope, assistant_id))
    listed = [AssistantFileOut.of(assistant_id, file).model_dump() for file in rows]
    return cut_page(listed, page, Prefix.FILE)


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
    left = tuple(one for one in _attached(assistant) if one != file_id)
    resources = replace(_resources(assistant), code_file_ids=left)
    assistant.tool_resources = resources
    for store_id in resources.vector_store_ids or ():
        try:
            await store_files.detach(scope, store_id, file_id)
        except NotFound:
            continue
    return DeletedOut.of(Prefix.FILE, file_id, "assistant.file.deleted")


def _resources(assistant: Assistant) -> ToolResources:
    return assistant.tool_resources or ToolResources()


def _attached(assistant: Assistant) -> Sequence[UUID]:
    return _resources(assistant).code_file_ids or ()


async def _file(scope: Scope, assistant: Assistant, file_id: UUID) -> File:
    if file_id not in _attached(assistant):
        raise NotFound(files.NOUN, file_id)
    return await files.get(scope, file_id)


async def _files(scope: Scope, assistant: Assistant) -> list[File]:
    """Those that are still there, in the order in which they were uploaded."""
    return await files.present(scope, _attached(assistant))
