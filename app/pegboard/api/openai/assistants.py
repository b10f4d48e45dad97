"""`/assistants`."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from pegboard.api.http.requests import StrictRoute
from pegboard.api.http.scopes import CurrentTenant, Reading, Server
from pegboard.api.openai.ids import id_of
from pegboard.api.openai.paging import page_of
from pegboard.api.openai.wire.assistants import AssistantChange, AssistantIn, AssistantOut
from pegboard.api.openai.wire.deleted import DeletedOut
from pegboard.api.openai.wire.lists import ListOut, page_response
from pegboard.api.openai.wire.tool_resources import wanted_resources
from pegboard.assistants import operations
from pegboard.db.pages import Page
from pegboard.documents.wanted_resources import resolving
from pegboard.public_ids import Prefix

router = APIRouter(tags=["Assistants"], route_class=StrictRoute)
AssistantPage = Annotated[Page, Depends(page_of(Prefix.ASSISTANT))]


@router.post("/assistants")
async def create_assistant(
    body: AssistantIn, tenant_id: CurrentTenant, server: Server
) -> AssistantOut:
    server.resolver.resolve(body.model)
    fields = {"name": "", **body.changes()}
    resources = wanted_resources(body.tool_resources)
    async with resolving(server.attaching, tenant_id, resources) as (scope, resolved):
        fields["tool_resources"] = resolved
        return AssistantOut.of(await operations.create(scope, **fields))


@router.get("/assistants", response_model=ListOut[AssistantOut])
async def list_assistants(scope: Reading, page: AssistantPage) -> Response:
    rows = await operations.page(scope, page)
    return await page_response([AssistantOut.of(one) for one in rows.rows], has_more=rows.has_more)


@router.get("/assistants/{assistant_id}")
async def get_assistant(assistant_id: str, scope: Reading) -> AssistantOut:
    wanted = id_of("Assistant", assistant_id, param="assistant_id")
    return AssistantOut.of(await operations.get(scope, wanted))


@router.post("/assistants/{assistant_id}")
async def modify_assistant(
    assistant_id: str, body: AssistantChange, tenant_id: CurrentTenant, server: Server
) -> AssistantOut:
    """Change what is sent; the metadata that is sent is the whole of it from now on."""
    wanted = id_of("Assistant", assistant_id, param="assistant_id")
    if body.model is not None:
        server.resolver.resolve(body.model)
    resources = wanted_resources(body.tool_resources)
    async with resolving(server.attaching, tenant_id, resources) as (scope, resolved):
        present = await operations.get(scope, wanted)
        changes = body.changes(present.sampling)
        if "tool_resources" in body.model_fields_set:
            changes["tool_resources"] = resolved
        return AssistantOut.of(await operations.change(scope, wanted, changes))


@router.delete("/assistants/{assistant_id}")
async def delete_assistant(
    assistant_id: str, tenant_id: CurrentTenant, server: Server
) -> DeletedOut:
    """Delete an assistant. Its threads stay, as threads of nobody."""
    wanted = id_of("Assistant", assistant_id, param="assistant_id")
    await server.removal.assistant_alone(tenant_id, wanted)
    return DeletedOut.of(Prefix.ASSISTANT, wanted, "assistant.deleted")
