"""Runs of a thread: give a paused one the outputs it waits for, or end one."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from pegboard.api.backboard.answering import resumed, streamed, whole
from pegboard.api.backboard.clients import client_of
from pegboard.api.backboard.wire.limits import MOST_OUTPUTS
from pegboard.api.backboard.wire.message_request import Thinking
from pegboard.api.backboard.wire.replies import ReplyOut
from pegboard.api.backboard.wire.tools import ToolsIn, tools_of
from pegboard.api.http.numbered_frames import After
from pegboard.api.http.requests import StrictRoute
from pegboard.api.http.scopes import CurrentCaller, CurrentTenant, Server
from pegboard.api.http.stream_claims import claim_stream
from pegboard.composition.resources import Resources
from pegboard.errors import NotFound
from pegboard.runs import records
from pegboard.runs.requests.submit_tool_outputs import Overrides, ToolOutput
from pegboard.tenants.callers import Caller

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
    """The outputs of all pending calls.

    `tools` and `thinking`, where given, replace the run's from here on.
    """

    tool_outputs: Annotated[list[ToolOutputIn], Field(max_length=MOST_OUTPUTS, fail_fast=True)]
    stream: bool | None = None
    tools: ToolsIn | None = None
    thinking: Thinking = None

    def overrides(self) -> Overrides:
        tools = None if self.tools is None else tools_of(self.tools)
        return Overrides(tools, self.thinking)


class PlacedToolOutputsIn(ToolOutputsIn):
    thread_id: UUID


class CancelledOut(BaseModel):
    """`cancelled` is false for a run that had ended otherwise."""

    thread_id: UUID
    run_id: str
    cancelled: bool


@router.post(
    "/threads/tool-outputs",
    response_model=ReplyOut,
)
async def submit_pending_tool_outputs(
    body: PlacedToolOutputsIn, request: Request, caller: CurrentCaller, server: Server
) -> Response | ReplyOut:
    """Submit the outputs that the thread's one paused run waits for; 404 where none does."""
    return await _submit(
        body.thread_id, None, body, request, caller, server, stream=bool(body.stream)
    )


@router.post("/threads/{thread_id}/runs/{run_id}/cancel")
async def cancel_run(
    thread_id: UUID, run_id: str, tenant_id: CurrentTenant, server: Server
) -> CancelledOut:
    """End a run at once; its text so far is kept. No error for one that is over."""
    cancelled = await server.conversations.cancel(
        tenant_id, thread_id=thread_id, run_id=_run_id(run_id)
    )
    return CancelledOut(thread_id=thread_id, run_id=run_id, cancelled=cancelled)


@router.get(
    "/threads/{thread_id}/runs/{run_id}/stream",
    response_model=None,
)
async def follow_run(
    thread_id: UUID,
    run_id: str,
    after: After,
    request: Request,
    tenant_id: CurrentTenant,
    server: Server,
) -> Response:
    """The stream of a run, from behind the first `after` frames on, until the run settles.

    This server's own: hosted Backboard has no such call.
    """
    claim_stream(request)
    async with server.read_scopes(tenant_id) as scope:
        record = await records.get(scope, thread_id=thread_id, run_id=_run_id(run_id))
    return await resumed(record.run, after, server)


@router.post(
    "/threads/{thread_id}/runs/{run_id}/submit-tool-outputs",
    response_model=ReplyOut,
)
async def submit_tool_outputs(
    thread_id: UUID,
    run_id: str,
    body: ToolOutputsIn,
    request: Request,
    caller: CurrentCaller,
    server: Server,
    stream: Annotated[bool, Query()] = False,
) -> Response | ReplyOut:
    """Submit the outputs of all pending tool calls at once; the run goes on."""
    streaming = stream or bool(body.stream)
    return await _submit(
        thread_id, _run_id(run_id), body, request, caller, server, stream=streaming
    )


async def _submit(
    thread_id: UUID,
    run_id: UUID | None,
    body: ToolOutputsIn,
    request: Request,
    caller: Caller,
    server: Resources,
    *,
    stream: bool,
) -> Response | ReplyOut:
    if stream:
        claim_stream(request)
    turn = await server.conversations.submit_tool_outputs(
        caller,
        thread_id=thread_id,
        run_id=run_id,
        outputs=[ToolOutput(one.tool_call_id, one.output_text()) for one in body.tool_outputs],
        overrides=body.overrides(),
        streaming=stream,
    )
    if stream:
        return await streamed(turn, server)
    return await whole(turn, client_of(request), server)


def _run_id(text: str) -> UUID:
    """Run ids are opaque on this wire: what is none of ours names a run that does not exist."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("Run") from None
