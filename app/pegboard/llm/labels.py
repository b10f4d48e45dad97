"""Providers and models as labels of metrics: from short lists, whatever requests may name."""

from collections.abc import Callable
from typing import Final

from pegboard.llm.gateway import ModelName
from pegboard.llm.providers import PROVIDERS, is_configured, provider_word

OTHER: Final = "other"
SANDBOX: Final = "sandbox"
MOST_MODELS: Final = 200
"""Models that one process tells apart. The library knows thousands, which a caller may go through
where the sandbox model answers for all."""


def provider_label(name: str) -> str:
    """Our word for a provider; `other` for one that nobody knows and nobody has configured."""
    word = provider_word(name)
    if word == SANDBOX or word in PROVIDERS:
        return word
    return word.replace("-", "_") if is_configured(word) else OTHER


class ModelLabels:
    def __init__(self, is_known: Callable[[ModelName], bool]) -> None:
        self._is_known = is_known
        self._names: dict[ModelName, str] = {}

    def label(self, model: ModelName) -> str:
        """The model's name, or `other` for unknown ones and for those beyond the first 200."""
        plain = ModelName(provider_label(model.provider), model.name.strip().lower())
        name = self._names.get(plain)
        if name is None:
            room = len(self._names) < MOST_MODELS
            if not (room and plain.provider != OTHER and self._is_known(model)):
                return OTHER
            name = self._names[plain] = plain.name
        return name
