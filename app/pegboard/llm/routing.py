"""Who asks which provider how.

Directly, where it speaks OpenAI's chat completions and can be told all that is requested; by
litellm in all other cases.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import StrEnum

from pegboard.llm.gateway import Delta, Gateway, ModelName, ModelRequest
from pegboard.llm.openai_compatible.endpoints import Endpoint, base_url, find_endpoint
from pegboard.llm.openai_compatible.proxies import is_reachable
from pegboard.llm.openai_compatible.request_body import is_expressible
from pegboard.llm.price_table import find_priced
from pegboard.llm.providers import find_provider


class Route(StrEnum):
    DIRECT = "direct"
    LITELLM = "litellm"


def route_of(provider: str) -> Route:
    """The path of the provider's ordinary requests."""
    return Route.LITELLM if _endpoint_of(provider) is None else Route.DIRECT


@dataclass(frozen=True, slots=True)
class RoutedGateway:
    direct: Gateway
    litellm: Gateway

    def answers_as(self, model: ModelName) -> ModelName:
        return model

    def simulates(self, model: ModelName) -> bool:
        return False

    def stream(self, request: ModelRequest) -> AsyncGenerator[Delta, None]:
        return self._gateway_for(request).stream(request)

    def _gateway_for(self, request: ModelRequest) -> Gateway:
        endpoint = _endpoint_of(request.model.provider)
        if endpoint is None:
            return self.litellm
        priced = find_priced(find_provider(request.model.provider).litellm, request.model.name)
        return self.direct if is_expressible(request, endpoint, priced) else self.litellm


def _endpoint_of(provider: str) -> Endpoint | None:
    endpoint = find_endpoint(provider)
    base = None if endpoint is None else base_url(endpoint)
    return endpoint if base is not None and is_reachable(base) else None
