"""The table of models inside the litellm wheel, mapped once into our own entries.

The file is read where it lies, without importing litellm (seconds, 180 MB). litellm keeps the best
public list of these figures. Models that make pictures, films or sound are left out: this server
has no way to ask them.
"""

import importlib.util
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pegboard.llm.providers import provider_word
from pegboard.models.entries import UNKNOWN_WINDOW, Model, ModelType, Prices, Thinking, Window

_FILE: Final = "model_prices_and_context_window_backup.json"
_API_MODES: Final = {
    "chat": "chat_completions",
    "responses": "responses",
    "completion": "completions",
}
_EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_EVERYWHERE: Final = frozenset({"low", "medium", "high"})
_TAKES_BUDGET: Final = ("claude", "gemini")

# litellm splits some providers by the kind of model; requests are routed by one name.
_SPLIT: Final = {
    "bedrock_converse": "bedrock",
    "cohere_chat": "cohere",
    "azure_text": "azure",
    "text-completion-openai": "openai",
    "text-completion-codestral": "codestral",
}


def read_table() -> Iterator[Model]:
    """Every model of the table that can chat, complete or embed; none where litellm is missing."""
    package = importlib.util.find_spec("litellm")
    if package is None or package.origin is None:
        return
    table = json.loads(Path(package.origin).with_name(_FILE).read_bytes())
    for key, entry in table.items():
        mode, provider = entry.get("mode"), entry.get("litellm_provider")
        if "*" in key or "-commitment/" in key:  # prices of reserved capacity, no models
            continue
        if isinstance(provider, str) and (mode in _API_MODES or mode == "embedding"):
            yield _model(key, entry, provider, mode)


def _model(key: str, entry: Mapping[str, Any], listed_under: str, mode: str) -> Model:
    prefix = _routed_by(listed_under)
    embeds = mode == "embedding"
    return Model(
        provider=provider_word(prefix),
        name=key.removeprefix(f"{prefix}/"),
        type=ModelType.EMBEDDING if embeds else ModelType.LLM,
        window=_window(entry),
        api_mode=_API_MODES.get(mode),
        tools=None if embeds else bool(entry.get("supports_function_calling")),
        vision=bool(entry.get("supports_vision") or entry.get("supports_embedding_image_input")),
        json_output=None if embeds else bool(entry.get("supports_response_schema")),
        thinking=_thinking(key, entry) if entry.get("supports_reasoning") else None,
        prices=Prices(
            _per_million(entry.get("input_cost_per_token")),
            _per_million(entry.get("output_cost_per_token")),
            _per_million(entry.get("cache_read_input_token_cost")),
        ),
        dims=_count(entry.get("output_vector_size")) if embeds else None,
        reads=_modalities(entry),
        writes=tuple(entry.get("supported_output_modalities") or ("text",)),
        deprecation_date=entry.get("deprecation_date"),
    )


def _routed_by(listed_under: str) -> str:
    for family in ("vertex_ai", "fireworks_ai"):
        if listed_under.startswith(f"{family}-"):
            return family
    return _SPLIT.get(listed_under, listed_under)


def _window(entry: Mapping[str, Any]) -> Window:
    limit = _count(entry.get("max_input_tokens")) or _count(entry.get("max_tokens"))
    return Window(limit, _count(entry.get("max_output_tokens"))) if limit else UNKNOWN_WINDOW


def _thinking(key: str, entry: Mapping[str, Any]) -> Thinking:
    levels = entry.get("reasoning_effort_levels")
    named = (
        frozenset(levels)
        if isinstance(levels, list)
        else _EVERYWHERE
        | {effort for effort in _EFFORTS if entry.get(f"supports_{effort}_reasoning_effort")}
    )
    return Thinking(
        efforts=tuple(effort for effort in _EFFORTS if effort in named),
        budget=any(family in key for family in _TAKES_BUDGET),
        always=bool(entry.get("thinking_always_on")),
        default_effort=entry.get("default_reasoning_effort"),
    )


def _modalities(entry: Mapping[str, Any]) -> tuple[str, ...]:
    named = entry.get("supported_modalities")
    if isinstance(named, list):
        return tuple(named)
    flags = (("supports_vision", "image"), ("supports_audio_input", "audio"))
    return ("text", *(modality for flag, modality in flags if entry.get(flag)))


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _per_million(price: Any) -> float | None:
    return round(float(price) * 1_000_000, 6) if isinstance(price, int | float) else None
