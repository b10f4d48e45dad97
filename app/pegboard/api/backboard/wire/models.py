"""Models as the Backboard API writes them.

`context_limit` and `embedding_dimensions` are numbers always: clients raise on a null there.
`configured` and `simulated` are ours: whether the provider can be asked from this server, and
whether the sandbox model answers in its place.
"""

from typing import Any, Self

from pydantic import BaseModel
from typing_extensions import TypedDict

from pegboard.models.entries import Model, ModelType


class ThinkingOut(TypedDict):
    """How reasoning is asked for with `thinking`; `defaults_only` where nothing can be chosen."""

    supported: bool
    allowed_fields: list[str]
    effort_levels: list[str]
    default_effort: str | None
    defaults_only: bool
    always_on: bool


class ThinkingMetadataOut(ThinkingOut):
    """The controls, by themselves and as the official command-line client looks for them."""

    provider: str
    model: str
    max_output_tokens: int | None
    supports_thinking: bool
    thinking_controls: ThinkingOut


class Architecture(TypedDict):
    input_modalities: list[str]
    output_modalities: list[str]


class ModelOut(BaseModel):
    name: str
    provider: str
    model_type: str
    context_limit: int
    max_output_tokens: int | None
    supports_tools: bool | None
    supports_vision: bool | None
    supports_audio_input: bool
    supports_video_input: bool
    supports_thinking: bool
    thinking_controls: ThinkingOut
    supports_json_output: bool | None
    supports_streaming: bool
    api_mode: str | None
    embedding_dimensions: int | None
    input_cost_per_1m_tokens: float | None
    output_cost_per_1m_tokens: float | None
    cached_input_cost_per_1m_tokens: float | None
    architecture: Architecture
    supported_parameters: list[str]
    deprecation_date: str | None
    last_updated: str | None
    configured: bool
    simulated: bool

    @classmethod
    def of(cls, model: Model, *, configured: bool, simulated: bool) -> Self:
        return cls(
            name=model.name,
            provider=model.provider,
            model_type=model.type,
            context_limit=model.window.context_limit,
            max_output_tokens=model.window.max_output,
            supports_tools=model.tools,
            supports_vision=model.vision,
            supports_audio_input="audio" in model.reads,
            supports_video_input="video" in model.reads,
            supports_thinking=model.thinking is not None,
            thinking_controls=thinking_out(model),
            supports_json_output=model.json_output,
            supports_streaming=model.type is ModelType.LLM,
            api_mode=model.api_mode,
            embedding_dimensions=model.dims,
            input_cost_per_1m_tokens=model.prices.input,
            output_cost_per_1m_tokens=model.prices.output,
            cached_input_cost_per_1m_tokens=model.prices.cached_input,
            architecture={
                "input_modalities": list(model.reads),
                "output_modalities": list(model.writes),
            },
            supported_parameters=_parameters(model),
            deprecation_date=model.deprecation_date,
            last_updated=None,
            configured=configured,
            simulated=simulated,
        )


class ModelsOut(BaseModel):
    """A page; `total` counts all that match."""

    models: list[ModelOut]
    total: int


class EmbeddingModelOut(BaseModel):
    name: str
    provider: str
    embedding_dimensions: int
    context_limit: int
    last_updated: str | None
    configured: bool

    @classmethod
    def of(cls, model: Model, *, configured: bool) -> Self:
        return cls(
            name=model.name,
            provider=model.provider,
            embedding_dimensions=model.dims or 0,
            context_limit=model.window.context_limit,
            last_updated=None,
            configured=configured,
        )


class EmbeddingModelsOut(BaseModel):
    models: list[EmbeddingModelOut]
    total: int


class ProvidersOut(BaseModel):
    providers: list[str]
    total: int

    @classmethod
    def of(cls, providers: list[str]) -> Self:
        return cls(providers=providers, total=len(providers))


class NoModelsOut(BaseModel):
    """The models of a kind that this server has none of."""

    models: list[Any] = []
    total: int = 0


def thinking_metadata_out(model: Model) -> ThinkingMetadataOut:
    controls = thinking_out(model)
    return {
        **controls,
        "provider": model.provider,
        "model": model.name,
        "max_output_tokens": model.window.max_output,
        "supports_thinking": controls["supported"],
        "thinking_controls": controls,
    }


def thinking_out(model: Model) -> ThinkingOut:
    thinking = model.thinking
    if thinking is None:
        return {
            "supported": False,
            "allowed_fields": [],
            "effort_levels": [],
            "default_effort": None,
            "defaults_only": False,
            "always_on": False,
        }
    fields = [
        *(["effort"] if thinking.efforts else []),
        *(["type", "budget_tokens"] if thinking.budget else []),
    ]
    return {
        "supported": True,
        "allowed_fields": fields,
        "effort_levels": list(thinking.efforts),
        "default_effort": thinking.default_effort,
        "defaults_only": not fields,
        "always_on": thinking.always,
    }


def _parameters(model: Model) -> list[str]:
    if model.type is not ModelType.LLM:
        return []
    offered = (("tools", model.tools), ("json_output", model.json_output))
    thinking = ["thinking"] if model.thinking is not None else []
    return [name for name, known in offered if known] + thinking
