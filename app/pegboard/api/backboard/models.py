"""`/models`: what can be asked for, from a catalogue that needs no network.

Fixed paths come before those that take a name, and a name may hold slashes.
"""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Query

from pegboard.api.backboard.wire.models import (
    EmbeddingModelOut,
    EmbeddingModelsOut,
    ModelOut,
    ModelsOut,
    NoModelsOut,
    ProvidersOut,
    ThinkingMetadataOut,
    thinking_metadata_out,
)
from pegboard.api.http.scopes import Server
from pegboard.composition.resources import Resources
from pegboard.errors import AppError, ErrorKind
from pegboard.llm.gateway import ModelName
from pegboard.models.catalogue import Wanted
from pegboard.models.entries import Model, ModelType

router = APIRouter(tags=["Models"])

Skip = Annotated[int, Query(ge=0, description="How many to pass over")]
Limit = Annotated[int, Query(ge=1, le=500, description="How many to return")]

_NO_MODEL_HERE: Final = ("image", "video", "voice")


class ModelUnknown(AppError):
    kind = ErrorKind.NOT_FOUND
    code = "model_not_found"

    def __init__(self, name: str) -> None:
        super().__init__(f"Model {name[:200]!r} not found")


@router.get("/models")
async def list_models(
    server: Server,
    model_type: Annotated[str | None, Query(description="llm or embedding")] = None,
    provider: str | None = None,
    supports_tools: bool | None = None,
    supports_thinking: bool | None = None,
    supports_json_output: bool | None = None,
    min_context: Annotated[int | None, Query(description="in tokens")] = None,
    max_context: Annotated[int | None, Query(description="in tokens")] = None,
    configured: Annotated[bool | None, Query(description="this server's own filter")] = None,
    skip: Skip = 0,
    limit: Limit = 100,
) -> ModelsOut:
    """Models by provider and name; filters add up."""
    wanted = Wanted(
        type=model_type,
        provider=provider,
        tools=supports_tools,
        thinking=supports_thinking,
        json_output=supports_json_output,
        configured=configured,
        min_context=min_context,
        max_context=max_context,
    )
    return _page(server, server.catalogue.matching(wanted), skip, limit)


@router.get("/models/providers")
async def list_providers(server: Server) -> ProvidersOut:
    return ProvidersOut.of(server.catalogue.providers())


@router.get("/models/provider/{provider_name}")
@router.get("/models/providers/{provider_name}", include_in_schema=False)
async def list_models_of_provider(
    provider_name: str, server: Server, skip: Skip = 0, limit: Limit = 100
) -> ModelsOut:
    """The models of one provider; none for one that is not known."""
    return _page(server, server.catalogue.matching(Wanted(provider=provider_name)), skip, limit)


@router.get("/models/thinking-metadata")
async def get_thinking_metadata(
    server: Server, model: str, provider: str | None = None
) -> ThinkingMetadataOut:
    """How a model's reasoning is asked for; one that is not known has none."""
    if provider:
        known = server.catalogue.find(ModelName(provider, model))
    else:
        known = server.catalogue.named(model)
    return thinking_metadata_out(known or Model(provider or "", model))


@router.get("/models/embedding/all")
@router.get("/models/embedding", include_in_schema=False)
async def list_embedding_models(
    server: Server,
    provider: str | None = None,
    min_dimensions: int | None = None,
    max_dimensions: int | None = None,
    skip: Skip = 0,
    limit: Limit = 100,
) -> EmbeddingModelsOut:
    """Embedding models whose number of dimensions is known: without it none can be used."""
    wanted = Wanted(
        type=ModelType.EMBEDDING,
        provider=provider,
        min_dims=max(min_dimensions or 1, 1),
        max_dims=max_dimensions,
    )
    matches = server.catalogue.matching(wanted)
    return EmbeddingModelsOut(
        models=[_embedding(server, one) for one in matches[skip : skip + limit]], total=len(matches)
    )


@router.get("/models/embedding/providers")
async def list_embedding_providers(server: Server) -> ProvidersOut:
    return ProvidersOut.of(server.catalogue.providers(ModelType.EMBEDDING))


@router.get("/models/embedding/{model_name:path}")
async def get_embedding_model(model_name: str, server: Server) -> EmbeddingModelOut:
    known = server.catalogue.named(model_name, ModelType.EMBEDDING)
    if known is None or known.dims is None:
        raise ModelUnknown(model_name)
    return _embedding(server, known)


async def _none() -> NoModelsOut:
    """This server makes none of these, so there are no models of the kind."""
    return NoModelsOut()


async def _no_providers() -> ProvidersOut:
    return ProvidersOut.of([])


async def _unknown(model_name: str) -> None:
    raise ModelUnknown(model_name)


for _kind in _NO_MODEL_HERE:
    router.get(f"/models/{_kind}/all", name=f"list_{_kind}_models")(_none)
    router.get(f"/models/{_kind}", include_in_schema=False)(_none)
    router.get(f"/models/{_kind}/providers", name=f"list_{_kind}_providers")(_no_providers)
    router.get(f"/models/{_kind}/{{model_name:path}}", include_in_schema=False)(_unknown)


@router.get("/models/{model_name:path}")
async def get_model(model_name: str, server: Server) -> ModelOut:
    """A model by its name in any casing, or by `provider/name`."""
    known = server.catalogue.named(model_name)
    if known is None:
        raise ModelUnknown(model_name)
    return _model(server, known)


def _page(server: Resources, matches: Sequence[Model], skip: int, limit: int) -> ModelsOut:
    models = [_model(server, one) for one in matches[skip : skip + limit]]
    return ModelsOut(models=models, total=len(matches))


def _model(server: Resources, model: Model) -> ModelOut:
    return ModelOut.of(
        model,
        configured=server.catalogue.is_configured(model.provider),
        simulated=model.type is ModelType.LLM
        and server.gateway.simulates(ModelName(model.provider, model.name)),
    )


def _embedding(server: Resources, model: Model) -> EmbeddingModelOut:
    configured = server.catalogue.is_configured(model.provider)
    return EmbeddingModelOut.of(model, configured=configured)
