"""What providers of three shapes say when they fail, as callers of both APIs hear it."""

import json
import re
from collections.abc import Iterator

import httpx
import pytest

from tests.support.postgres import new_database
from tests.support.server import Server, start_server
from tests.support.steps import new_thread
from tests.support.stream import stream
from tests.support.three_shapes import SHOWN, ThreeShapes, running_three_shapes

BROKE_OFF = "The connection to the provider broke off"
CREDENTIALS = "The provider refused this server's credentials"
PAGE = "The provider answered with a page instead of JSON"
LATE = "The provider did not answer in time"
MODELS = {"openai": "gpt", "anthropic": "claude", "google": "gemini"}

BEFORE = [
    ("fails-500", 502, SHOWN),
    ("fails-529", 502, SHOWN),
    ("fails-400", 400, SHOWN),
    ("fails-422", 400, SHOWN),
    ("fails-429", 429, SHOWN),
    ("fails-404", 400, f"model_not_found: {SHOWN}"),
    ("fails-401", 502, CREDENTIALS),
    ("fails-403", 502, CREDENTIALS),
    ("fails-504", 502, LATE),
    ("page-502", 502, PAGE),
    ("hangs", 502, BROKE_OFF),
]
AMID = [("midway", SHOWN), ("drops", BROKE_OFF)]
FOREIGN = re.compile(
    r"litellm|Exception|Error\b.* - |b'|\{\"|TransferEncoding|aiohttp|httpx|127\.0\.0\.1|sk-|<",
)


@pytest.fixture(scope="module")
def provider() -> Iterator[ThreeShapes]:
    with running_three_shapes() as running:
        yield running


@pytest.fixture(scope="module")
def server(postgres_url: str, provider: ThreeShapes) -> Iterator[Server]:
    running = start_server(
        PEGBOARD_DATABASE_URL=new_database(postgres_url),
        PEGBOARD_SANDBOX="off",
        PEGBOARD_MODEL_RETRIES="0",
        **provider.environment,
    )
    with running.client() as client:  # the first call of all loads litellm
        client.post("/threads/messages", json={"content": "Hi", "model_name": "gpt-fails-500"})
    yield running
    running.stop()


def chat(client: httpx.Client, model: str, *, streamed: bool) -> httpx.Response:
    body = {"model": model, "messages": [{"role": "user", "content": "Hi"}], "stream": streamed}
    return client.post(
        str(client.base_url).replace("/api/", "/v1/chat/completions"),
        json=body,
        headers={"Authorization": f"Bearer {client.headers['X-API-Key']}"},
    )


@pytest.mark.parametrize("provider_name", MODELS)
@pytest.mark.parametrize(("behaviour", "status", "message"), BEFORE)
@pytest.mark.requirement("models.provider-failures")
def test_a_failure_before_the_answer(
    client: httpx.Client, provider_name: str, behaviour: str, status: int, message: str
) -> None:
    model = f"{MODELS[provider_name]}-{behaviour}"
    for streamed in (False, True):
        body = {"content": "Hi", "llm_provider": provider_name, "model_name": model}
        url = f"/threads/{new_thread(client)}/messages"
        answer = client.post(url, json={**body, "stream": streamed})
        assert (answer.status_code, answer.json()) == (status, {"detail": message})
        answer = chat(client, model, streamed=streamed)
        assert (answer.status_code, answer.json()["error"]["message"]) == (status, message)
        assert not FOREIGN.search(message)


@pytest.mark.parametrize("provider_name", MODELS)
@pytest.mark.parametrize(("behaviour", "message"), AMID)
@pytest.mark.requirement("models.provider-failures")
def test_a_failure_amid_the_stream(
    client: httpx.Client, provider_name: str, behaviour: str, message: str
) -> None:
    model = f"{MODELS[provider_name]}-{behaviour}"
    body = {"content": "Hi", "llm_provider": provider_name, "model_name": model, "stream": True}
    *_, last = stream(client, f"/threads/{new_thread(client)}/messages", json=body)
    assert last["type"] == "run_failed"
    # Google's status word stands before the message there.
    assert last["error"].removeprefix("INTERNAL - ") == message
    response = chat(client, model, streamed=True)
    frames = [
        json.loads(line[6:]) for line in response.text.splitlines() if line.startswith("data: {")
    ]
    assert frames[-1]["error"]["message"].removeprefix("INTERNAL - ") == message
    assert not FOREIGN.search(last["error"])
    assert (
        "".join(
            one["choices"][0]["delta"].get("content") or "" for one in frames if one.get("choices")
        )
        == "Half"
    )


def test_names_go_to_whom_they_mean(client: httpx.Client, provider: ThreeShapes) -> None:
    for name, shape in (
        ("anthropic/claude-fails-400", "anthropic"),
        ("claude-fails-400", "anthropic"),
        ("google/gemini-fails-400", "gemini"),
        ("openai/gpt-fails-400", "openai"),
    ):
        before = len(provider.requested)
        assert chat(client, name, streamed=False).status_code == 400
        message = client.post("/threads/messages", json={"content": "Hi", "model_name": name})
        assert message.status_code == 400
        assert provider.requested[before:] == [(shape, name.rpartition("/")[2])] * 2
