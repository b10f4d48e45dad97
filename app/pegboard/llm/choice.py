"""Which gateway answers for which model: a real provider, or the sandbox in its place."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from pegboard.llm.failures import ModelNotFound, ProviderNotConfigured
from pegboard.llm.gateway import Delta, Gateway, ModelName, ModelRequest
from pegboard.llm.providers import find_provider, is_known


@dataclass(frozen=True, slots=True)
class ChosenGateway:
    """Asks `real` where the provider has credentials, else `stand_in`, else says what to set."""

    real: Gateway
    stand_in: Gateway | None
    is_configured: Callable[[str], bool]

    def answers_as(self, model: ModelName) -> ModelName:
        return (self._in_place_for(model) or self.real).answers_as(model)

    def simulates(self, model: ModelName) -> bool:
        return self._in_place_for(model) is not None

    def stream(self, request: ModelRequest) -> AsyncGenerator[Delta, None]:
        provider = request.model.provider
        if self.is_configured(provider):
            return self.real.stream(request)
        if self.stand_in is not None:
            return self.stand_in.stream(request)
        if not is_known(provider):
            raise ModelNotFound(
                f"model_not_found: no provider {provider[:100]!r} is asked from here"
            )
        variable = find_provider(provider).variables[0]
        raise ProviderNotConfigured(
            f"Provider {provider!r} has no credentials on this server; set {variable}, "
            "or PEGBOARD_SANDBOX=auto to have the sandbox model answer in its place"
        )

    def _in_place_for(self, model: ModelName) -> Gateway | None:
        return None if self.is_configured(model.provider) else self.stand_in
