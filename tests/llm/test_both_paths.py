"""Whatever a provider does, litellm's way to it and the direct one make the same of it."""

from collections.abc import AsyncIterator

import pytest

from pegboard.llm.failures import ModelFailure
from pegboard.llm.gateway import Delta, Gateway, ModelName, ModelRequest, Prompt, Tool, UserTurn
from pegboard.llm.litellm.gateway import LitellmGateway
from pegboard.llm.openai_compatible.connections import Connections
from pegboard.llm.openai_compatible.endpoints import find_endpoint
from pegboard.llm.openai_compatible.gateway import OpenAiCompatibleGateway
from pegboard.llm.providers import find_provider
from pegboard.llm.retrying import RetryingGateway
from tests.llm.upstream_behaviours import TABLE, Behaviour
from tests.support.upstream import Upstream, running_upstream

# litellm does much that its own libraries warn of.
pytestmark = pytest.mark.filterwarnings("ignore")

LOOK = Tool("look", "Look there", {"type": "object", "properties": {}})
SEE = Tool("see", "See it", {"type": "object", "properties": {}})
Outcome = list[Delta | tuple[str, str, float | None]]


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with running_upstream() as running:
        yield running


async def outcome_of(gateway: Gateway, behaviour: Behaviour, upstream: Upstream) -> Outcome:
    """All deltas, and the failure in the end if there is one; then how often it was asked."""
    upstream.answer_with(*behaviour.answers)
    retrying = RetryingGateway(gateway, behaviour.retries, sleep=_at_once)
    request = ModelRequest(
        ModelName(behaviour.provider, behaviour.model),
        Prompt("", (UserTurn("Hi"),), (LOOK, SEE)),
        behaviour.options,
        streaming=behaviour.streaming,
    )
    outcome: Outcome = []
    try:
        for _ in range(behaviour.asks):
            outcome.extend([delta async for delta in retrying.stream(request)])
    except ModelFailure as failure:
        outcome.append((type(failure).__name__, failure.message, failure.retry_after))
    return outcome


async def _at_once(seconds: float) -> None:
    pass


@pytest.mark.parametrize("behaviour", TABLE, ids=lambda one: one.name)
async def test_both_ways_make_the_same_of_what_a_provider_does(
    behaviour: Behaviour, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = find_endpoint(behaviour.provider)
    assert endpoint is not None
    for variable in (*endpoint.bases, "TOGETHERAI_API_BASE", "MISTRAL_API_BASE"):
        monkeypatch.setenv(variable, f"{upstream.url}/v1")
    for variable in find_provider(behaviour.provider).variables:
        if "KEY" in variable:
            monkeypatch.setenv(variable, "sk-x")
    connections = Connections(
        size=4, connect=behaviour.silence, first_byte=behaviour.silence, silence=behaviour.silence
    )
    directly = await outcome_of(OpenAiCompatibleGateway(connections), behaviour, upstream)
    await connections.close()
    through_litellm = await outcome_of(LitellmGateway(behaviour.silence), behaviour, upstream)
    if behaviour.differs:
        assert directly != through_litellm, "no difference is left: take the reason away"
    else:
        assert directly == through_litellm
    assert "sk-" not in str(directly)
