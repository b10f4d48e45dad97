"""Whose model a request means: a name, and perhaps a provider, in; who is asked out.

The rule in words is in docs/models.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pegboard.errors import AppError, ErrorKind
from pegboard.llm import providers
from pegboard.llm.gateway import ModelName
from pegboard.llm.names import problem_of
from pegboard.llm.providers import provider_word
from pegboard.models.catalogue import Catalogue
from pegboard.models.entries import ModelType
from pegboard.models.spelling import family_of

_GATEWAY: Final = "openrouter"
_SHOWN: Final = 100


class NameRefused(AppError):
    """A name that is not passed on; `param` is the field of the request that holds it."""

    kind = ErrorKind.INVALID
    code = "model_not_found"

    def __init__(self, message: str, param: str) -> None:
        super().__init__(message)
        self.param = param


@dataclass(frozen=True, slots=True)
class Fields:
    """What the request calls its fields."""

    model: str = "model"
    provider: str = "llm_provider"


_FIELDS: Final = Fields()


@dataclass(frozen=True, slots=True)
class Resolver:
    """`simulated`: the sandbox model answers for every model, under whatever names."""

    catalogue: Catalogue
    default: ModelName
    simulated: bool = False

    def resolve(
        self,
        name: str,
        provider: str | None = None,
        *,
        fields: Fields = _FIELDS,
        kind: ModelType | None = None,
    ) -> ModelName:
        """Who is asked. Raises NameRefused for what is no name of a model or of a provider.

        The first of those who may be meant that has credentials. Where none has, it is the default
        provider if that is a server of the operator's own, which may have any model, and the name
        has no other provider's prefix; else the first that may be meant.
        """
        name = name.strip()
        self._check_name(name, provider, fields)
        if provider is not None:
            self._check_provider(provider, fields)
            return ModelName(provider, self._spelt(provider, name))
        meant = list(self._may_be_meant(name, kind))
        for model in meant:
            if self.catalogue.is_configured(model.provider):
                return model
        default = ModelName(self.default.provider, name)
        anybodys = not self._is_prefixed(name) and providers.has_own_address(default.provider)
        if not meant or anybodys:
            return default
        return meant[0]

    def _may_be_meant(self, name: str, kind: ModelType | None) -> Iterator[ModelName]:
        """In the order in which they are preferred."""
        if served := self.catalogue.served(name):
            yield ModelName(served.provider, served.name)
        word, slash, rest = name.partition("/")
        prefixed = self._is_prefixed(name)
        if prefixed:
            yield ModelName(provider_word(word), self._spelt(word, rest))
        family = None if slash else family_of(name)
        if family:
            yield ModelName(family, self._spelt(family, name))
        for known in self.catalogue.all_named(name, kind):
            yield ModelName(known.provider, known.name)
        if slash:
            yield from self._of_gateway(name)
        for known in self.catalogue.versions_of(rest if prefixed else name, kind):
            yield ModelName(known.provider, known.name)

    def _of_gateway(self, name: str) -> Iterator[ModelName]:
        """OpenRouter takes `vendor/model`, and no table lists all that it has."""
        if self.catalogue.is_configured(_GATEWAY):
            yield ModelName(_GATEWAY, name)

    def _spelt(self, provider: str, name: str) -> str:
        """The name as the provider writes it."""
        word = provider_word(provider)
        if word == "anthropic" and self.catalogue.find(ModelName(word, name)) is None:
            return name.replace(".", "-")
        return name

    def _is_prefixed(self, name: str) -> bool:
        word, _, rest = name.partition("/")
        return bool(rest) and self._may_be_asked(word)

    def _check_name(self, name: str, provider: str | None, fields: Fields) -> None:
        known = self.catalogue.find(ModelName(provider, name)) if provider else None
        if known or name == self.default.name or self.catalogue.served(name):
            return  # as its own server spells it, or the operator does
        rest = name.partition("/")[2] if provider is None and self._is_prefixed(name) else ""
        problem = problem_of(name) or (problem_of(rest) if rest else None)
        if problem is not None:
            raise NameRefused(
                f"{fields.model} {problem}: {name[:_SHOWN]!r} does not exist", fields.model
            )

    def _check_provider(self, provider: str, fields: Fields) -> None:
        """Who is not known is not asked; where nobody can be, the sandbox answers for all."""
        if self.simulated or self._may_be_asked(provider):
            return
        if providers.has_credentials() or providers.has_variable(provider):
            raise NameRefused(
                f"{fields.provider} {provider[:_SHOWN]!r} does not exist: no provider of that name "
                "is known to this server",
                fields.provider,
            )

    def _may_be_asked(self, provider: str) -> bool:
        word = provider_word(provider)
        return providers.is_known(provider) or self.catalogue.is_configured(word)
