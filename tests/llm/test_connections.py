"""Connections to endpoints that are asked directly: whom they lead to, and what becomes of them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pegboard.llm.failures import ModelFailure, ProviderUnavailable
from pegboard.llm.gateway import Finished, ModelName, ModelRequest, Prompt, TextPiece, UserTurn
from pegboard.llm.openai_compatible.connections import Connections
from pegboard.llm.openai_compatible.gateway import OpenAiCompatibleGateway
from pegboard.llm.openai_compatible.transport import LONGEST_BODY
from tests.support.certificate import tls_for
from tests.support.deadlines import patience
from tests.support.upstream import (
    JSON,
    Answer,
    End,
    Upstream,
    chunk,
    running_upstream,
    streamed,
)

REQUEST = ModelRequest(ModelName("openai", "gpt-4o"), Prompt("", (UserTurn("Hi"),)))
HELLO = streamed(chunk({"content": "Hello"}), chunk({}, "stop"))


@pytest.fixture
async def upstream(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Upstream]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    async with running_upstream() as running:
        monkeypatch.setenv("OPENAI_BASE_URL", running.url)
        yield running


def connections(size: int = 4) -> Connections:
    seconds = patience(30)
    return Connections(size=size, connect=seconds, first_byte=seconds, silence=seconds)


async def ask(used: Connections) -> str:
    deltas = [delta async for delta in OpenAiCompatibleGateway(used).stream(REQUEST)]
    assert isinstance(deltas[-1], Finished)
    return "".join(delta.text for delta in deltas if isinstance(delta, TextPiece))


async def test_calls_share_the_connections_of_their_provider(upstream: Upstream) -> None:
    upstream.answer_with(HELLO)
    used = connections(size=2)
    assert await asyncio.gather(*(ask(used) for _ in range(12))) == ["Hello"] * 12
    assert upstream.connections == 2
    await used.close()


async def test_a_call_that_is_given_up_gives_up_its_connection(upstream: Upstream) -> None:
    upstream.answer_with(Answer((chunk({"content": "Hello"}),), end=End.SILENT))
    used = connections()
    deltas = OpenAiCompatibleGateway(used).stream(REQUEST)
    assert await anext(deltas) == TextPiece("Hello")
    await deltas.aclose()
    async with asyncio.timeout(patience(30)):
        await upstream.left.wait()
    await used.close()


async def test_an_answer_that_would_hold_up_everybody_is_not_read(upstream: Upstream) -> None:
    """A whole and valid one."""
    head, tail = b'{"choices":[{"message":{"content":"', b'"},"finish_reason":"stop"}]}'
    text = (b"x" * 2**20,) * (LONGEST_BODY // 2**20)
    upstream.answer_with(Answer((head, *text, tail), headers=JSON))
    used = connections()
    with pytest.raises(ProviderUnavailable):
        await ask(used)
    await used.close()
    assert len(upstream.requests) == 1


async def test_no_redirection_is_followed(upstream: Upstream) -> None:
    async with running_upstream() as elsewhere:
        there = {**JSON, "Location": f"{elsewhere.url}/chat/completions"}
        upstream.answer_with(Answer(status=307, headers=there))
        used = connections()
        with pytest.raises(ProviderUnavailable):
            await ask(used)
        assert elsewhere.requests == []
        await used.close()


async def test_a_proxy_is_that_of_the_usual_variables(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream.answer_with(HELLO)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://provider.example/v1")
    monkeypatch.setenv("http_proxy", upstream.url)
    used = connections()
    assert await ask(used) == "Hello"
    assert upstream.requests[0].path == "http://provider.example/v1/chat/completions"
    await used.close()


async def test_authorities_are_those_of_the_usual_variables(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tls, _ = tls_for("localhost", folder=tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(variable, raising=False)
    async with running_upstream(tls) as upstream:
        upstream.answer_with(HELLO)
        monkeypatch.setenv("OPENAI_BASE_URL", upstream.url)
        strangers = connections()
        with pytest.raises(ModelFailure) as refused:
            await ask(strangers)
        assert refused.value.message == "The provider cannot be reached"
        for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
            with monkeypatch.context() as variables:
                variables.setenv(variable, str(tmp_path / "certificate.pem"))
                friends = connections()
                assert await ask(friends) == "Hello"
                await friends.close()
        await strangers.close()
