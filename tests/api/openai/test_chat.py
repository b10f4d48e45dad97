"""Chat completions and models at OpenAI's API, through the published SDK."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI

from pegboard.identifiers import new_id
from tests.support.deadlines import patience
from tests.support.postgres import new_database
from tests.support.provider import Provider, running_provider
from tests.support.server import Server, start_server
from tests.support.steps import WEATHER

QUESTION: list[Any] = [{"role": "user", "content": "What's the weather in Oslo?"}]
HELLO: list[Any] = [
    {"role": "system", "content": "Be kind"},
    {"role": "user", "content": "Hello"},
]


def sdk(server: Server, key: str | None = None) -> OpenAI:
    return OpenAI(base_url=f"{server.url}/v1", api_key=key or f"sk-{new_id().hex}", max_retries=0)


@pytest.fixture
def client(server: Server) -> Iterator[OpenAI]:
    with sdk(server) as opened:
        yield opened


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture(scope="module")
def served(postgres_url: str, provider: Provider) -> Iterator[Server]:
    """A server whose OpenAI is the given provider."""
    running = start_server(
        PEGBOARD_DATABASE_URL=new_database(postgres_url),
        PEGBOARD_SANDBOX="auto",
        PEGBOARD_MODEL_RETRIES="0",
        OPENAI_API_KEY="sk-serversecret",
        OPENAI_BASE_URL=provider.url,
    )
    yield running
    running.stop()


@pytest.mark.requirement("streams.same-as-unstreamed")
def test_an_answer_is_whole_or_streamed_and_the_same(client: OpenAI) -> None:
    whole = client.chat.completions.create(model="gpt-4o", messages=HELLO)
    assert whole.object == "chat.completion"
    assert (whole.model, whole.choices[0].finish_reason) == ("gpt-4o", "stop")
    assert whole.choices[0].message.role == "assistant"
    assert whole.choices[0].message.content
    assert whole.usage is not None
    assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens

    chunks = list(
        client.chat.completions.create(
            model="gpt-4o",
            messages=HELLO,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    *pieces, last = chunks
    assert "".join(one.choices[0].delta.content or "" for one in pieces) == (
        whole.choices[0].message.content
    )
    assert pieces[0].choices[0].delta.role == "assistant"
    assert pieces[-1].choices[0].finish_reason == "stop"
    assert (last.choices, last.usage) == ([], whole.usage)
    assert len({(one.id, one.created, one.model) for one in chunks}) == 1


@pytest.mark.requirement("openai.chat")
def test_tools_are_called_and_answered(client: OpenAI) -> None:
    tools: list[Any] = [WEATHER]
    calling = client.chat.completions.create(model="gpt-4o", messages=QUESTION, tools=tools)
    assert calling.choices[0].finish_reason == "tool_calls"
    assert calling.choices[0].message.content is None
    (call,) = calling.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert json.loads(call.function.arguments)["location"]
    answer = client.chat.completions.create(
        model="gpt-4o",
        messages=[
            *QUESTION,
            calling.choices[0].message.to_dict(),  # type: ignore[list-item]
            {"role": "tool", "tool_call_id": call.id, "content": "snow"},
        ],
        tools=tools,
    )
    assert "snow" in (answer.choices[0].message.content or "")


@pytest.mark.requirement("openai.chat")
def test_streamed_calls_add_up_to_the_whole_ones(client: OpenAI) -> None:
    tools: list[Any] = [WEATHER]
    with client.chat.completions.stream(model="gpt-4o", messages=QUESTION, tools=tools) as streamed:
        (call,) = streamed.get_final_completion().choices[0].message.tool_calls or []
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments)["location"]
    none = client.chat.completions.create(
        model="gpt-4o", messages=QUESTION, tools=tools, tool_choice="none"
    )
    assert none.choices[0].message.tool_calls is None


def test_the_sandbox_model_can_be_told_what_to_say(client: OpenAI) -> None:
    scene = {"sandbox": json.dumps({"reply": "Forty-two", "reasoning": "Let me see"})}
    answer = client.chat.completions.create(model="any", messages=HELLO, metadata=scene)
    assert answer.choices[0].message.content == "Forty-two"
    assert answer.choices[0].message.to_dict()["reasoning_content"] == "Let me see"


@pytest.mark.requirement("openai.chat")
def test_what_is_asked_for_reaches_the_provider(served: Server, provider: Provider) -> None:
    with sdk(served) as client:
        answer = client.chat.completions.create(
            model="says-hello",
            messages=[
                *HELLO,
                {"role": "assistant", "content": "Yes?"},
                {"role": "system", "content": "Now be brief"},
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "What is this?"},
                        {
                            "type": "image_url",
                            "image_url": {"url": "https://a.example/b.png", "detail": "low"},
                        },
                    ],
                },
            ],
            temperature=0.5,
            top_p=0.9,
            max_completion_tokens=50,
            stop="END",
            response_format={
                "type": "json_schema",
                "json_schema": {"name": "x", "schema": {"type": "object"}},
            },
        )
    assert answer.choices[0].message.content == "Hello from the provider"
    request = provider.last()
    assert [turn["role"] for turn in request["messages"]] == [
        "system",
        "user",
        "assistant",
        "system",
        "user",
    ]
    assert request["messages"][-1]["content"] == [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "https://a.example/b.png", "detail": "low"}},
    ]
    assert (request["temperature"], request["top_p"], request["stop"]) == (0.5, 0.9, ["END"])
    assert request["response_format"]["json_schema"]["schema"] == {"type": "object"}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.requirement("streams.early-failure")
def test_a_providers_refusals_are_errors_of_the_sdk(served: Server, stream: bool) -> None:
    for model, error, code in (
        ("limits", openai.RateLimitError, "rate_limit_exceeded"),
        ("rejects", openai.BadRequestError, "invalid_prompt"),
        ("is-broken", openai.InternalServerError, "provider_unavailable"),
        ("refuses-key", openai.InternalServerError, "provider_refused_key"),
    ):
        with sdk(served) as client, pytest.raises(error) as refused:
            client.chat.completions.create(model=model, messages=HELLO, stream=stream)
        assert refused.value.code == code
        assert "verysecret" not in str(refused.value)
    with sdk(served) as client, pytest.raises(openai.RateLimitError) as limited:
        client.chat.completions.create(model="limits", messages=HELLO)
    assert limited.value.response.headers["retry-after"] == "7"


def test_a_stream_that_breaks_says_so(served: Server) -> None:
    with sdk(served) as client:
        chunks = client.chat.completions.create(model="cuts-off", messages=HELLO, stream=True)
        pieces: list[str] = []
        with pytest.raises(openai.APIError, match="without a finish reason"):
            pieces.extend(chunk.choices[0].delta.content or "" for chunk in chunks)


def test_images_by_address_go_only_to_providers_that_fetch_them(client: OpenAI, start: Any) -> None:
    def look(asking: OpenAI, url: str, model: str) -> Any:
        part = {"type": "image_url", "image_url": {"url": url}}
        content: Any = [{"type": "text", "text": "What is this?"}, part]
        messages: list[Any] = [{"role": "user", "content": content}]
        return asking.chat.completions.create(model=model, messages=messages)

    assert look(client, "https://a.example/b.png", "gpt-4o").choices
    with pytest.raises(openai.BadRequestError, match="An image is"):
        look(client, "file:///etc/passwd", "gpt-4o")
    server = start(PEGBOARD_SANDBOX="auto", GEMINI_API_KEY="x")
    with sdk(server) as real, pytest.raises(openai.BadRequestError, match="data: URLs"):
        look(real, "http://169.254.169.254/latest", "google/gemini-2.5-pro")


@pytest.mark.parametrize(
    ("body", "param", "code", "message"),
    [
        ({}, "model", "missing_required_parameter", "Missing required parameter: 'model'."),
        ({"model": "m"}, "messages", "missing_required_parameter", None),
        ({"model": "m", "messages": []}, "messages", "invalid_value", None),
        ({"model": 7, "messages": HELLO}, "model", "invalid_type", None),
        ({"model": "m", "messages": HELLO, "temperature": 3}, "temperature", "invalid_value", None),
        ({"model": "m", "messages": HELLO, "n": 2}, "n", "invalid_value", None),
        (
            {"model": "m", "messages": HELLO, "functions": [{"name": "f"}]},
            "functions",
            "unsupported_parameter",
            "Unsupported parameter: 'functions'.",
        ),
        ({"model": "m", "messages": [{"role": "user"}]}, "messages[0].content", None, None),
        (
            {"model": "m", "messages": [{"role": "king", "content": ""}]},
            "messages[0].role",
            None,
            None,
        ),
        (
            {"model": "m", "messages": [*HELLO, {"role": "tool", "content": "x"}]},
            "messages[2].role",
            "invalid_value",
            None,
        ),
        ({"model": "m", "messages": HELLO[:1]}, "messages", "invalid_value", None),
        (
            {
                "model": "m",
                "messages": [{"role": "user", "content": [{"type": "input_audio"}]}],
            },
            "messages[0].content[0].type",
            "invalid_value",
            None,
        ),
    ],
)
@pytest.mark.requirement("openai.errors")
def test_what_is_wrong_is_named_in_openais_words(
    server: Server, body: Any, param: str, code: str | None, message: str | None
) -> None:
    headers = {"Authorization": "Bearer sk-x"}
    answer = httpx.post(
        f"{server.url}/v1/chat/completions", json=body, headers=headers, timeout=patience(60)
    )
    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (400, "invalid_request_error")
    assert error["param"] == param
    assert code in {None, error["code"]}
    assert message in {None, error["message"]}
    assert answer.headers["x-request-id"].startswith("req_")


@pytest.mark.requirement("openai.errors")
def test_broken_json_and_unknown_places_have_the_envelope(server: Server) -> None:
    headers = {"Authorization": "Bearer sk-x", "Content-Type": "application/json"}
    with httpx.Client(base_url=f"{server.url}/v1", headers=headers, timeout=patience(60)) as client:
        for answer, status in (
            (client.post("/chat/completions", content=b"{"), 400),
            (client.get("/nowhere"), 404),
            (client.delete("/chat/completions"), 405),
            (client.post("/chat/completions", content=b"x" * (11 * 1024 * 1024)), 413),
        ):
            assert answer.status_code == status
            assert answer.json()["error"].keys() == {"message", "type", "param", "code"}


@pytest.mark.requirement("access.key-needed")
def test_keys_are_asked_for(server: Server) -> None:
    url = f"{server.url}/v1/models"
    missing = httpx.get(url, timeout=patience(60))
    assert missing.status_code == 401
    assert missing.json()["error"]["message"].startswith("You didn't provide an API key")
    assert (
        httpx.get(url, headers={"Authorization": "Basic x"}, timeout=patience(60)).status_code
        == 401
    )


@pytest.mark.requirement("access.known-keys")
def test_a_wrong_key_is_told_so(start: Any) -> None:
    with sdk(start(PEGBOARD_AUTH="keys")) as client:
        with pytest.raises(openai.AuthenticationError) as refused:
            client.models.list()
        assert refused.value.code == "invalid_api_key"


@pytest.mark.requirement("access.one-tenant-both-apis")
def test_a_key_is_the_same_tenant_at_both_apis(server: Server) -> None:
    key = f"key-{new_id().hex}"
    with sdk(server, key) as client, server.client(key) as backboard:
        answer = client.chat.completions.create(model="gpt-4o", messages=HELLO)
        assert answer.usage is not None
        summary = backboard.get("/usage").json()
        assert (summary["totals"]["total_tokens"], summary["totals"]["runs"]) == (
            answer.usage.total_tokens,
            0,
        )


def test_models_are_listed_and_found(client: OpenAI, served: Server) -> None:
    names = [model.id for model in client.models.list()]
    assert "gpt-4o" in names
    assert client.models.retrieve("gpt-4o").owned_by == "openai"
    assert client.models.retrieve("anthropic/claude-sonnet-4-5").id == "anthropic/claude-sonnet-4-5"
    with pytest.raises(openai.NotFoundError) as unknown:
        client.models.retrieve("nope")
    assert (unknown.value.code, unknown.value.param) == ("model_not_found", "model")
    with sdk(served) as configured:
        owners = {model.owned_by for model in configured.models.list()}
    assert owners == {"openai", "local", "sandbox"}
