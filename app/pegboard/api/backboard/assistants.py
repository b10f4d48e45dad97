"""`/assistants`."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AfterValidator
from starlette.responses import Response

from pegboard import clock
from pegboard.api.backboard.clients import Client, current_client
from pegboard.api.backboard.paging import Limit, Skip, within_bigint
from pegboard.api.backboard.wire.assistants import (
    AssistantChange,
    AssistantDeleted,
    AssistantIn,
    AssistantOut,
    CloneIn,
    CloneOut,
)
from pegboard.api.http.rendering import list_response, rendered
from pegboard.api.http.requests import StrictRoute
from pegboard.api.http.scopes import CurrentTenant, Reading, Server, Writing
from pegboard.assistants import operations
from pegboard.strict_json import check_text

router = APIRouter(tags=["Assistants"], route_class=StrictRoute)
Name = Annotated[str, AfterValidator(check_text)]
Caller = Annotated[Client, Depends(current_client)]

_AT_ONCE: Final = 100


@router.post("/assistants")
async def create_assistant(
    body: AssistantIn, scope: Writing, caller: Caller, server: Server
) -> AssistantOut:
    assistant = await operations.create(scope, **body.fields(server.resolver))
    return AssistantOut.of(assistant, caller)


@router.get("/assistants", response_model=list[AssistantOut])
async def list_assistants(
    scope: Reading, caller: Caller, skip: Skip = 0, limit: Limit = 100, name: Name | None = None
) -> Response:
    """In the order of their creation. `name` matches exactly, case and all."""
    parts: list[bytes] = []
    skip, left = within_bigint(skip), within_bigint(limit)
    while left > 0:
        few = min(left, _AT_ONCE)
        page = await operations.list_page(scope, skip=skip, limit=few, name=name)
        parts += await rendered(AssistantOut.of(assistant, caller) for assistant in page)
        if len(page) < few:
            break
        skip, left = skip + few, left - few
    return list_response(parts)


@router.get("/assistants/{assistant_id}")
async def get_assistant(assistant_id: UUID, scope: Reading, caller: Caller) -> AssistantOut:
    return AssistantOut.of(await operations.get(scope, assistant_id), caller)


@router.put("/assistants/{assistant_id}")
async def update_assistant(
    assistant_id: UUID, body: AssistantChange, scope: Writing, caller: Caller
) -> AssistantOut:
    """Change what is given. An empty `system_prompt` clears it, `tools: []` takes all away."""
    return AssistantOut.of(await operations.change(scope, assistant_id, body.changes()), caller)


@router.post("/assistants/{assistant_id}/clone")
async def clone_assistant(
    assistant_id: UUID,
    tenant_id: CurrentTenant,
    server: Server,
    caller: Caller,
    body: CloneIn | None = None,
) -> CloneOut:
    """Copy an assistant with what it has read and remembers; later changes of one are its own."""
    clone = await server.cloning.assistant(
        tenant_id, assistant_id, (body or CloneIn()).clone_request()
    )
    return CloneOut(
        assistant=AssistantOut.of(clone.assistant, caller),
        documents_cloned=clone.documents,
        memories_cloned=clone.memories,
    )


@router.delete("/assistants/{assistant_id}")
async def delete_assistant(
    assistant_id: UUID, tenant_id: CurrentTenant, server: Server
) -> AssistantDeleted:
    """Delete an assistant with its threads and their documents."""
    await server.removal.assistant_with_threads(tenant_id, assistant_id)
    return AssistantDeleted(
        message="Assistant deleted successfully",
        assistant_id=assistant_id,
        deleted_at=clock.now(),
    )
