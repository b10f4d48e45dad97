"""One name for a model, where OpenAI's API has no word for its provider."""

from typing import Final

from pegboard.models.entries import Model

_PLAIN: Final = "openai"


def model_id(model: Model) -> str:
    """OpenAI's own models by their names, all others as `provider/name`."""
    return model.name if model.provider == _PLAIN else f"{model.provider}/{model.name}"
