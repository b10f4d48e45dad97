"""Who answers, and which models there are."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from pegboard.llm import providers
from pegboard.llm.choice import ChosenGateway
from pegboard.llm.gateway import Gateway, ModelName
from pegboard.llm.labels import ModelLabels
from pegboard.llm.litellm.gateway import LitellmGateway
from pegboard.llm.observed import ObservedGateway
from pegboard.llm.openai_compatible.connections import Connections
from pegboard.llm.openai_compatible.gateway import OpenAiCompatibleGateway
from pegboard.llm.retrying import RetryingGateway
from pegboard.llm.routing import Route, RoutedGateway, route_of
from pegboard.llm.sandbox import SandboxGateway
from pegboard.models.catalogue import Catalogue
from pegboard.models.entries import Model
from pegboard.models.litellm_table import read_table
from pegboard.models.own import own_models
from pegboard.models.resolution import Resolver
from pegboard.settings import ModelPath, SandboxMode, Settings


@asynccontextmanager
async def model_connections(settings: Settings) -> AsyncIterator[Connections]:
    """Those to endpoints that are asked directly, closed in the end."""
    connections = Connections(
        size=settings.model_connections,
        connect=settings.model_connect_timeout,
        first_byte=settings.model_first_byte_timeout or settings.model_timeout,
        silence=settings.model_timeout,
    )
    try:
        yield connections
    finally:
        await connections.close()


def gateway_of(settings: Settings, connections: Connections) -> Gateway:
    """Who answers, by PEGBOARD_SANDBOX and PEGBOARD_MODEL_PATH."""
    if settings.sandbox is SandboxMode.ALWAYS:
        return SandboxGateway(disguised=True)
    stand_in = None if settings.sandbox is SandboxMode.OFF else SandboxGateway(disguised=False)
    through_litellm = LitellmGateway(settings.model_timeout)
    routed = (
        through_litellm
        if settings.model_path is ModelPath.LITELLM
        else RoutedGateway(OpenAiCompatibleGateway(connections), through_litellm)
    )
    real = RetryingGateway(routed, settings.model_retries)
    return ChosenGateway(real, stand_in, providers.is_configured)


def route_by(settings: Settings, provider: str) -> Route:
    """How requests to a provider go."""
    return Route.LITELLM if settings.model_path is ModelPath.LITELLM else route_of(provider)


def observed(gateway: Gateway, catalogue: Catalogue) -> Gateway:
    """The same gateway, its calls counted under the names of models that are known."""

    def is_known(model: ModelName) -> bool:
        # The sandbox model answers under the names of others.
        return (catalogue.find(model) or catalogue.named(model.name)) is not None

    return ObservedGateway(gateway, ModelLabels(is_known))


def resolver_of(settings: Settings, catalogue: Catalogue) -> Resolver:
    """Whom the names of requests mean."""
    return Resolver(
        catalogue,
        ModelName(settings.default_provider, settings.default_model),
        simulated=settings.sandbox is SandboxMode.ALWAYS,
    )


def catalogue_of(settings: Settings) -> Catalogue:
    """The known models, and those that this server has itself."""
    own = own_models(sandbox=settings.sandbox is not SandboxMode.OFF)
    names = frozenset(model.provider for model in own)

    def read() -> Iterator[Model]:
        yield from own
        yield from read_table()

    return Catalogue(read, is_configured=lambda p: p in names or providers.is_configured(p))
