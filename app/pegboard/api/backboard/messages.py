"""Say something on a thread, or without one, and be answered."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from pegboard.api.backboard.answering import frames_of, streamed, whole
from pegboard.api.backboard.clients import client_of
from pegboard.api.backboard.message_body import read_message
from pegboard.api.backboard.replies import pending_reply, stored_reply
from pegboard.api.backboard.run_encoder import pending_frames, stored_frames
from pegboard.api.backboard.wire.message_request import BadMessage, MessageIn, PlacedMessageIn
from pegboard.api.backboard.wire.replies import ReplyOut
from pegboard.api.backboard.wire.tools import tools_of
from pegboard.api.http.scopes import CurrentCaller, Server
from pegboard.api.http.sse import event_stream
from pegboard.api.http.stream_claims import claim_stream
from pegboard.api.http.uploads import stored
from pegboard.composition.resources import Resources
from pegboard.documents.pending import check_pending
from pegboard.runs.model.options import Extensions
from pegboard.runs.requests.new_messages import NewMessage
from pegboard.runs.requests.run_request import RunRequest
from pegboard.runs.requests.targets import Target
from pegboard.tenants.callers import Caller

router = APIRouter(tags=["Messages"])

_FORM: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "content": {"type": "string"},
        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
        "llm_provider": {"type": "string", "default": "openai"},
        "model_name": {"type": "string", "default": "gpt-4o"},
        "stream": {"type": "boolean", "default": False},
        "memory": {"type": "string", "enum": ["off", "Readonly", "On", "Auto"], "default": "off"},
        "web_search": {"type": "string", "enum": ["off", "Auto"], "default": "off"},
        "send_to_llm": {"type": "boolean", "default": True},
        "json_output": {"type": "boolean", "default": False},
        "thinking": {"type": "string", "description": "JSON object"},
        "metadata": {"type": "string", "description": "JSON object, kept with the message"},
        "system_prompt": {"type": "string", "description": "for this turn only"},
        "tools": {"type": "string", "description": "JSON list, for this turn only; [] means none"},
    },
}
_PLACED_FORM: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "thread_id": {"type": "string", "format": "uuid"},
        "assistant_id": {"type": "string", "format": "uuid"},
        **_FORM["properties"],
    },
}


def _in_every_encoding(schema: dict[str, Any]) -> dict[str, Any]:
    kinds = ("multipart/form-data", "application/x-www-form-urlencoded", "application/json")
    return {"content": {kind: {"schema": schema} for kind in kinds}}


_BODY: Final = _in_every_encoding(_FORM)
_PLACED_BODY: Final = _in_every_encoding(_PLACED_FORM)


@router.post(
    "/threads/messages",
    response_model=ReplyOut,
    openapi_extra={"requestBody": _PLACED_BODY},
)
async def send_message(
    request: Request, caller: CurrentCaller, server: Server
) -> Response | ReplyOut:
    """Say something on the thread of `thread_id`, else on a new one, and be answered.

    A new thread is one of `assistant_id`, else of a default assistant, made when first needed. The
    answer carries both ids. `system_prompt` and `tools` count for this turn alone.
    """
    body, files = await read_message(request, PlacedMessageIn, max_text=server.settings.max_body)
    return await _answer(body.target(), body, files, request, caller, server)


@router.post(
    "/threads/{thread_id}/messages",
    response_model=ReplyOut,
    openapi_extra={"requestBody": _BODY},
)
async def add_message(
    thread_id: UUID, request: Request, caller: CurrentCaller, server: Server
) -> Response | ReplyOut:
    """Add a message and answer it, whole or (with `stream`) as server-sent events.

    With `send_to_llm=false` it is only kept. An empty message on a thread whose run waits for tool
    outputs returns the pending calls again; any other message cancels that run.
    """
    body, files = await read_message(request, MessageIn, max_text=server.settings.max_body)
    return await _answer(thread_id, body, files, request, caller, server)


async def _answer(
    target: Target,
    body: MessageIn,
    files: Sequence[UploadFile],
    request: Request,
    caller: Caller,
    server: Resources,
) -> Response | ReplyOut:
    if body.stream:
        claim_stream(request)
    if not (body.content or "").strip() and not files:
        return await _tell_pending(server, caller.tenant_id, target, stream=bool(body.stream))
    run_request = _run_request(body, server)
    if files:
        async with server.read_scopes(caller.tenant_id) as scope:
            at_most = server.settings.max_pending_documents
            await check_pending(scope, len(files), at_most=at_most)
    async with stored(files, server.blobs) as uploads:
        new = NewMessage(body.content, body.metadata, uploads)
        if body.send_to_llm is False:
            return await _only_store(server, caller, target, new, body, request)
        turn = await server.conversations.send_message(
            caller, target=target, message=new, request=run_request
        )
    if body.stream:
        return await streamed(turn, server)
    return await whole(turn, client_of(request), server)


def _run_request(body: MessageIn, server: Resources) -> RunRequest:
    return RunRequest(
        model=body.model(server.resolver),
        instructions=body.system_prompt,
        tools=None if body.tools is None else tools_of(body.tools),
        memory=body.memory_use(),
        web=body.web_search,
        generation=body.generation(),
        extensions=Extensions(sandbox_script=(body.metadata or {}).get("sandbox")),
        streaming=bool(body.stream),
    )


async def _tell_pending(
    server: Resources, tenant_id: UUID, target: Target, *, stream: bool
) -> Response | ReplyOut:
    pending = None
    if isinstance(target, UUID):
        pending = await server.conversations.pending_action(tenant_id, target)
    if pending is None:
        raise BadMessage("A message needs content or files")
    if stream:
        frames = frames_of(pending_frames(pending))
        return event_stream(frames, keepalive=server.settings.keepalive)
    return pending_reply(pending)


async def _only_store(
    server: Resources,
    caller: Caller,
    target: Target,
    new: NewMessage,
    body: MessageIn,
    request: Request,
) -> Response | ReplyOut:
    stored = await server.conversations.store_message(
        caller,
        target=target,
        message=new,
        memory=body.memory_use(),
        model=body.model(server.resolver),
    )
    if body.stream:
        return event_stream(frames_of(stored_frames(stored)), keepalive=server.settings.keepalive)
    return stored_reply(stored, client_of(request))
