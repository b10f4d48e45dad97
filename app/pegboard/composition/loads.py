"""What a server loads before others are let send any requests."""

import asyncio

from pegboard.composition.knowledge import Knowledge
from pegboard.composition.models import route_by
from pegboard.composition.warming import Load, Warming
from pegboard.llm import providers
from pegboard.llm.litellm import gateway as litellm_gateway
from pegboard.llm.openai_compatible.connections import Connections
from pegboard.llm.routing import Route
from pegboard.models.catalogue import Catalogue
from pegboard.settings import SandboxMode, Settings


def warming_of(
    settings: Settings, catalogue: Catalogue, knowledge: Knowledge, connections: Connections
) -> Warming:
    """The embedder and what asks providers only where a real user may be waiting, and there is use
    for them."""

    async def read_table() -> None:
        await asyncio.to_thread(catalogue.warm_up)

    loads: dict[str, Load] = {"the table of models": read_table}
    for_users = settings.sandbox is not SandboxMode.ALWAYS
    if for_users:
        routes = {route_by(settings, one) for one in providers.configured_providers()}
        if Route.DIRECT in routes:
            loads["the direct path to models"] = connections.load
        if Route.LITELLM in routes:
            loads["litellm"] = litellm_gateway.load
        if knowledge.local_embedder is not None:
            loads["the embedding model"] = knowledge.local_embedder.load
    return Warming(loads, awaited=for_users)
