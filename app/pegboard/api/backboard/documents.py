"""`/documents`, and the documents of assistants and threads."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from pegboard import clock
from pegboard.api.backboard.clients import Client, current_client
from pegboard.api.backboard.uploads import files_of
from pegboard.api.backboard.wire.documents import DocumentDeleted, DocumentOut, document_type
from pegboard.api.backboard.wire.message_request import BadMessage
from pegboard.api.http.forms import opened_form
from pegboard.api.http.requests import NotingRoute, missing
from pegboard.api.http.scopes import CurrentTenant, Reading, Server, Writing
from pegboard.api.http.uploads import stored
from pegboard.assistants import operations as assistants
from pegboard.composition.resources import Resources
from pegboard.documents import operations
from pegboard.documents.pending import check_pending
from pegboard.threads import operations as threads

router = APIRouter(tags=["Documents"], route_class=NotingRoute)
Caller = Annotated[Client, Depends(current_client)]

_FILE: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"file": {"type": "string", "format": "binary"}},
                    "required": ["file"],
                }
            }
        },
    }
}


@router.post("/assistants/{assistant_id}/documents", openapi_extra=_FILE)
async def upload_to_assistant(
    assistant_id: UUID, request: Request, tenant_id: CurrentTenant, server: Server, caller: Caller
) -> DocumentOut:
    """Upload a file for all threads of an assistant. It is indexed in the background."""
    async with server.read_scopes(tenant_id) as scope:
        await assistants.get(scope, assistant_id)
    return await _upload(request, server, tenant_id, caller, assistant_id=assistant_id)


@router.post("/threads/{thread_id}/documents", openapi_extra=_FILE)
async def upload_to_thread(
    thread_id: UUID, request: Request, tenant_id: CurrentTenant, server: Server, caller: Caller
) -> DocumentOut:
    """Upload a file for one thread. It is indexed in the background."""
    async with server.read_scopes(tenant_id) as scope:
        await threads.get(scope, thread_id)
    return await _upload(request, server, tenant_id, caller, thread_id=thread_id)


@router.get("/assistants/{assistant_id}/documents")
async def list_of_assistant(
    assistant_id: UUID, scope: Reading, caller: Caller
) -> list[DocumentOut]:
    await assistants.get(scope, assistant_id)
    listed = await operations.of_assistant(scope, assistant_id)
    return [DocumentOut.of(document, caller) for document in listed]


@router.get("/threads/{thread_id}/documents")
async def list_of_thread(thread_id: UUID, scope: Reading, caller: Caller) -> list[DocumentOut]:
    """The files of a thread, those of its messages among them."""
    await threads.get(scope, thread_id)
    listed = await operations.of_threads(scope, [thread_id])
    return [DocumentOut.of(document, caller) for document in listed]


@router.get("/documents/{document_id}/status")
async def get_status(document_id: UUID, scope: Reading, caller: Caller) -> DocumentOut:
    return DocumentOut.of(await operations.get(scope, document_id), caller)


@router.delete("/documents/{document_id}")
async def delete_document(document_id: UUID, scope: Writing) -> DocumentDeleted:
    """Delete a document, wherever it is attached. It is found no more from this moment on."""
    document = await operations.remove(scope, document_id)
    return DocumentDeleted(
        message="Document deleted successfully",
        document_id=document.id,
        filename=document.filename,
        document_type=document_type(document),
        deleted_at=clock.now(),
    )


async def _upload(
    request: Request,
    server: Resources,
    tenant_id: UUID,
    caller: Client,
    *,
    assistant_id: UUID | None = None,
    thread_id: UUID | None = None,
) -> DocumentOut:
    async with opened_form(request, max_files=2, max_fields=20) as form:
        files = files_of(form)
        if not files:
            raise missing("file")
        if len(files) > 1:
            raise BadMessage("One file is uploaded at a time")
        async with server.read_scopes(tenant_id) as scope:
            await check_pending(scope, 1, at_most=server.settings.max_pending_documents)
        async with stored(files, server.blobs) as (upload,), server.scopes(tenant_id) as scope:
            if assistant_id is not None:
                await assistants.hold(scope, assistant_id)
            if thread_id is not None:
                assistant_id = (await threads.get(scope, thread_id)).assistant_id
            document = await operations.accept(
                scope, upload, assistant_id=assistant_id, thread_id=thread_id
            )
    return DocumentOut.of(document, caller)
