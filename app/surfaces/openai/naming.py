"""One name for a model, where OpenAI's API has no word for its provider."""

from typing import Final

from app.llm.gateway import ModelName
from app.llm.providers import PROVIDERS, provider_word
from app.models.catalogue import Catalogue
from app.models.entries import Model

_PLAIN: Final = "openai"


def model_id(model: Model) -> str:
    """OpenAI's own models by their names, all others as `provider/name`."""
    return model.name if model.provider == _PLAIN else f"{model.provider}/{model.name}"


def model_named(name: str, catalogue: Catalogue, default: ModelName) -> ModelName:
    """Who is asked: the model of that name, else one of the named provider, else the default's."""
    known = catalogue.named(name)
    if known is not None:
        return ModelName(known.provider, known.name)
    provider, slash, rest = name.partition("/")
    if slash and rest and provider.strip().lower() in PROVIDERS:
        return ModelName(provider_word(provider), rest)
    return ModelName(default.provider, name)
