"""Who is asked how, and what is said to whom."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from pegboard.llm.gateway import (
    Delta,
    Finished,
    FinishReason,
    GenerationOptions,
    ModelName,
    ModelRequest,
    Prompt,
    TextPiece,
    Tool,
    Usage,
    UserTurn,
)
from pegboard.llm.openai_compatible.connections import Connections
from pegboard.llm.openai_compatible.gateway import OpenAiCompatibleGateway
from pegboard.llm.routing import Route, RoutedGateway, route_of
from tests.support.deadlines import patience
from tests.support.upstream import Upstream, chunk, running_upstream, streamed

LOOK = Tool("look", "Look there", {"type": "object", "properties": {}})
SCHEMA = {"type": "object", "properties": {}}


@dataclass(frozen=True)
class Named:
    """A gateway that answers with its own name."""

    name: str

    def answers_as(self, model: ModelName) -> ModelName:
        return model

    def simulates(self, model: ModelName) -> bool:
        return False

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Delta, None]:
        yield TextPiece(self.name)
        yield Finished(FinishReason.STOP, Usage())


async def path(model: str, *, tools: bool = False, **options: Any) -> str:
    provider, _, name = model.partition("/")
    prompt = Prompt("", (UserTurn("Hi"),), (LOOK,) if tools else ())
    request = ModelRequest(ModelName(provider, name), prompt, GenerationOptions(**options))
    routed = RoutedGateway(Named("direct"), Named("litellm"))
    piece = await anext(routed.stream(request))
    assert isinstance(piece, TextPiece)
    return piece.text


@pytest.mark.parametrize(
    ("provider", "route"),
    [
        ("openai", Route.DIRECT),
        ("openrouter", Route.DIRECT),
        ("together", Route.DIRECT),
        ("x-ai", Route.DIRECT),
        ("ollama", Route.LITELLM),  # nobody knows where it is
        ("anthropic", Route.LITELLM),
        ("google", Route.LITELLM),
        ("azure", Route.LITELLM),
    ],
)
def test_a_provider_is_asked_directly_where_its_words_and_its_address_are_known(
    provider: str, route: Route
) -> None:
    assert route_of(provider) is route


def test_an_address_of_the_operators_is_one_that_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_API_BASE", "http://ollama:11434")
    assert route_of("ollama") is Route.DIRECT


def test_what_is_behind_a_proxy_that_we_cannot_speak_to_is_litellms(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GROQ_API_BASE", "https://groq.proxied.example/v1")
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1080")
    assert route_of("groq") is Route.LITELLM


async def test_what_only_litellm_can_say_goes_through_it() -> None:
    thinking = {"budget_tokens": 1000}
    assert [
        await path("openai/gpt-4o", tools=True, json_schema=SCHEMA),
        await path("openai/o3", thinking={"effort": "low"}),
        await path("groq/llama", temperature=0.5),
        await path("openrouter/openai/gpt-4o", thinking=thinking),
        await path("deepseek/deepseek-chat", thinking=thinking),
    ] == ["direct"] * 5
    assert [
        await path("openai/o3-pro"),
        await path("openai/gpt-5-codex"),
        await path("openai/gpt-5", tools=True, thinking={"effort": "low"}),
        await path("openai/o3", thinking=thinking),
        await path("groq/llama", json_schema=SCHEMA),
        await path("mistral/m", tools=True, tool_choice="required"),
        await path("anthropic/claude-sonnet-4-5"),
    ] == ["litellm"] * 7


@pytest.fixture
async def upstream(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Upstream]:
    async with running_upstream() as running:
        running.answer_with(streamed(chunk({"content": "Hello"}), chunk({}, "stop")))
        for variable in ("OPENAI_BASE_URL", "OPENROUTER_API_BASE", "DEEPSEEK_API_BASE"):
            monkeypatch.setenv(variable, running.url)
        monkeypatch.setenv("OLLAMA_API_BASE", running.url)
        for variable in ("OPENAI_API_KEY", "OPENROUTER_API_KEY", "DEEPSEEK_API_KEY"):
            monkeypatch.setenv(variable, "sk-x")
        yield running


async def steering_of(upstream: Upstream, model: str, **options: Any) -> dict[str, Any]:
    """What the provider was sent beyond the model and its messages."""
    provider, _, name = model.partition("/")
    seconds = patience(30)
    connections = Connections(size=1, connect=seconds, first_byte=seconds, silence=seconds)
    prompt = Prompt("", (UserTurn("Hi"),))
    request = ModelRequest(ModelName(provider, name), prompt, GenerationOptions(**options))
    async for _ in OpenAiCompatibleGateway(connections).stream(request):
        pass
    await connections.close()
    beside = {"model", "messages", "stream", "stream_options"}
    return {key: value for key, value in upstream.requests[-1].body.items() if key not in beside}


async def test_options_are_in_each_endpoints_words(upstream: Upstream) -> None:
    options: dict[str, Any] = {"temperature": 0.5, "max_output_tokens": 9, "stop": ("x",)}
    steered = {"temperature": 0.5, "max_tokens": 9, "stop": ["x"]}
    low, thousand = {"effort": "low"}, {"budget_tokens": 1000}
    assert await steering_of(upstream, "openai/gpt-4o", **options, thinking=low) == steered
    assert await steering_of(upstream, "openai/o3", **options, thinking=low) == {
        "max_completion_tokens": 9,
        "reasoning_effort": "low",
    }
    assert await steering_of(upstream, "ollama/qwen3", thinking=low) == {"reasoning_effort": "low"}
    assert await steering_of(upstream, "deepseek/deepseek-chat", thinking=thousand) == {
        "thinking": {"type": "enabled"}
    }
    assert await steering_of(
        upstream, "openrouter/x/y", thinking=thousand, routing={"providers": ["a"], "sort": "price"}
    ) == {
        "reasoning": {"max_tokens": 1000},
        "usage": {"include": True},
        "provider": {"order": ["a"], "sort": "price"},
    }


async def test_a_key_goes_to_the_operators_address_and_none_where_there_is_none(
    upstream: Upstream,
) -> None:
    await steering_of(upstream, "openai/gpt-4o")
    await steering_of(upstream, "ollama/qwen3")
    keyed, keyless = upstream.requests
    assert (keyed.path, keyed.headers["authorization"]) == ("/chat/completions", "Bearer sk-x")
    assert keyless.path == "/v1/chat/completions"
    assert "authorization" not in keyless.headers
