"""`/threads/{thread_id}/runs/{run_id}`: give a paused run the outputs it waits for."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from app.errors import NotFound
from app.runs.resuming import ToolOutput
from app.surfaces.backboard.answering import streamed, whole
from app.surfaces.backboard.clients import client_of
from app.surfaces.backboard.wire.replies import ReplyOut
from app.surfaces.backboard.wire.tools import ToolsIn, stored_tools
from app.surfaces.requests import StrictRoute
from app.surfaces.scopes import CurrentTenant, Server

router = APIRouter(tags=["Runs"], route_class=StrictRoute)


class ToolOutputIn(BaseModel):
    """`output` is text; any other JSON value is taken as its JSON text."""

    tool_call_id: str
    output: Any = ""

    def output_text(self) -> str:
        if isinstance(self.output, str):
            return self.output
        return json.dumps(self.output, ensure_ascii=False)


class ToolOutputsIn(BaseModel):
    """The outputs of all pending calls. `tools`, where given, replace the run's from here on."""

    tool_outputs: list[ToolOutputIn]
    stream: bool | None = None
    tools: ToolsIn | None = None


@router.post(
    "/threads/{thread_id}/runs/{run_id}/submit-tool-outputs",
    response_model=ReplyOut,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def submit_tool_outputs(
    thread_id: UUID,
    run_id: str,
    body: ToolOutputsIn,
    request: Request,
    tenant_id: CurrentTenant,
    server: Server,
    stream: Annotated[bool, Query()] = False,
) -> Response | ReplyOut:
    """Submit the outputs of all pending tool calls at once; the run goes on."""
    streaming = stream or bool(body.stream)
    turn = await server.conversations.submit(
        tenant_id,
        thread_id=thread_id,
        run_id=_run_id(run_id),
        outputs=[ToolOutput(one.tool_call_id, one.output_text()) for one in body.tool_outputs],
        tools=None if body.tools is None else tuple(stored_tools(body.tools)),
        whole=not streaming,
    )
    if streaming:
        return await streamed(turn, keepalive=server.settings.keepalive)
    return await whole(turn, client_of(request), server.read_scopes)


def _run_id(text: str) -> UUID:
    """Run ids are opaque on this wire: what is none of ours names a run that does not exist."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("Run") from None
