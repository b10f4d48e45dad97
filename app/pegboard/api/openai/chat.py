"""`/chat/completions`: a plain pass through the gateway. Nothing is stored but what was used."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

import structlog
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from pegboard.api.http.requests import StrictRoute
from pegboard.api.http.scopes import CurrentCaller, Server
from pegboard.api.http.sse import event_stream
from pegboard.api.http.stream_claims import claim_stream
from pegboard.api.openai.faults import envelope, error_body
from pegboard.api.openai.wire.chat_answer import DONE, Completion, fault_frame
from pegboard.api.openai.wire.chat_request import ChatIn
from pegboard.api.openai.wire.documented import CompletionShape
from pegboard.composition.resources import Resources
from pegboard.errors import AppError
from pegboard.identifiers import new_id
from pegboard.llm.failures import StreamCutOff
from pegboard.llm.gateway import Delta, Finished, ModelName, ModelRequest, Usage
from pegboard.slots import waiting
from pegboard.tenants.callers import Caller
from pegboard.usage import recording
from pegboard.usage.budgets import check_tokens
from pegboard.usage.tables import Purpose

router = APIRouter(tags=["Chat"], route_class=StrictRoute)

log = structlog.get_logger("pegboard.openai")


@router.post("/chat/completions", response_model=None, responses={200: {"model": CompletionShape}})
async def create_chat_completion(
    body: ChatIn, request: Request, caller: CurrentCaller, server: Server
) -> Response:
    """One answer to the messages, whole or (with `stream`) in chunks."""
    body.check()
    if body.stream:
        claim_stream(request)
    async with server.read_scopes(caller.tenant_id) as scope:
        await check_tokens(scope, caller)
    model = server.resolver.resolve(body.model)
    model_request = ModelRequest(
        model=model,
        prompt=body.prompt(),
        options=body.options(),
        script=(body.metadata or {}).get("sandbox"),
        streaming=bool(body.stream),
    )
    completion = Completion(f"chatcmpl-{new_id().hex}", int(time.time()), body.model)
    deltas = _deltas(server, caller, model_request)
    if not body.stream:
        async with waiting(), aclosing(deltas):
            answer = [delta async for delta in deltas]
        return JSONResponse(completion.whole(answer))
    async with waiting():
        first = await anext(deltas)  # a refusal is an HTTP error still
    options = body.stream_options
    with_usage = options is not None and bool(options.include_usage)
    frames = _frames(completion, first, deltas, with_usage=with_usage)
    return event_stream(frames, keepalive=server.settings.keepalive)


async def _deltas(
    server: Resources, caller: Caller, request: ModelRequest
) -> AsyncGenerator[Delta, None]:
    """What the model says, to its `Finished`; what it has used is recorded then."""
    async with aclosing(server.gateway.stream(request)) as deltas:
        async for delta in deltas:
            if isinstance(delta, Finished):
                await _record_usage(server, caller, request.model, delta.usage)
            yield delta
            if isinstance(delta, Finished):
                return
    raise StreamCutOff("The provider ended the answer without a finish reason")


async def _frames(
    completion: Completion,
    first: Delta,
    rest: AsyncGenerator[Delta, None],
    *,
    with_usage: bool,
) -> AsyncGenerator[bytes, None]:
    yield completion.begin() + completion.piece(first)
    used = first.usage if isinstance(first, Finished) else Usage()
    try:
        async with aclosing(rest):
            async for delta in rest:
                if chunk := completion.piece(delta):
                    yield chunk
                if isinstance(delta, Finished):
                    used = delta.usage
    except AppError as error:
        yield fault_frame(error_body(error))
        return
    except Exception:
        log.exception("gateway_fault")
        yield fault_frame(envelope("The model could not be asked", kind="server_error"))
        return
    if with_usage:
        yield completion.usage(used)
    yield DONE


async def _record_usage(server: Resources, caller: Caller, model: ModelName, used: Usage) -> None:
    async with server.scopes(caller.tenant_id) as scope:
        await recording.record(
            scope,
            purpose=Purpose.COMPLETION,
            subject_id=new_id(),
            key_id=caller.key_id,
            model=server.gateway.answers_as(model),
            used=used,
        )
