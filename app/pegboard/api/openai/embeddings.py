"""`/embeddings`: texts in, vectors out. Nothing is stored but what was used."""

import asyncio

from fastapi import APIRouter
from starlette.responses import Response

from pegboard.api.http.requests import StrictRoute
from pegboard.api.http.scopes import CurrentCaller, Server
from pegboard.api.openai.faults import BadParameter
from pegboard.api.openai.naming import model_id
from pegboard.api.openai.wire.embeddings import EmbeddingsIn, body_of
from pegboard.composition.resources import Resources
from pegboard.identifiers import new_id
from pegboard.llm.embeddings.answering import Embedded
from pegboard.llm.gateway import Usage
from pegboard.models.entries import Model, ModelType
from pegboard.tenants.callers import Caller
from pegboard.usage import recording
from pegboard.usage.budgets import check_tokens
from pegboard.usage.tables import Purpose

router = APIRouter(tags=["Embeddings"], route_class=StrictRoute)


@router.post("/embeddings", response_model=None)
async def create_embeddings(body: EmbeddingsIn, caller: CurrentCaller, server: Server) -> Response:
    """One vector for each input, by the model of that name or by whoever stands in for it."""
    model = server.resolver.resolve(body.model, kind=ModelType.EMBEDDING)
    inputs = await asyncio.to_thread(body.inputs)
    known = server.catalogue.find(model)
    usual = _usual_dims(known, body)
    async with server.read_scopes(caller.tenant_id) as scope:
        await check_tokens(scope, caller)
    embedded = await server.embeddings.embed(model, inputs, dims=body.dimensions, usual_dims=usual)
    await _keep_usage(server, caller, embedded)
    answered = embedded.answered_by
    named = body.model if answered == model else model_id(Model(answered.provider, answered.name))
    packed = body.encoding_format == "base64"
    content = await asyncio.to_thread(body_of, embedded, named, packed=packed)
    return Response(content, media_type="application/json")


def _usual_dims(known: Model | None, body: EmbeddingsIn) -> int | None:
    if known is None:
        return None
    if known.type is not ModelType.EMBEDDING:
        raise BadParameter(
            f"The model '{body.model[:200]}' does not make embeddings.",
            param="model",
            code="model_not_found",
        )
    if known.dims is not None and body.dimensions is not None and body.dimensions > known.dims:
        raise BadParameter(
            f"Invalid 'dimensions': '{body.model[:200]}' has {known.dims} at most.",
            param="dimensions",
        )
    return known.dims


async def _keep_usage(server: Resources, caller: Caller, embedded: Embedded) -> None:
    async with server.scopes(caller.tenant_id) as scope:
        await recording.record(
            scope,
            purpose=Purpose.EMBEDDING,
            subject_id=new_id(),
            key_id=caller.key_id,
            model=embedded.answered_by,
            used=Usage(input_tokens=embedded.tokens),
        )
