"""No name in a request becomes an address: only the operator's providers get texts and keys."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pegboard.llm.providers import OTHERS, PROVIDERS, find_provider
from tests.support.deadlines import patience
from tests.support.documents import finished, upload
from tests.support.eavesdropper import Eavesdropper, listening
from tests.support.postgres import new_database, query
from tests.support.server import Server, start_server
from tests.support.steps import new_thread

SECRET = "sk-operators-own"
BESIDES = (
    "custom",
    "custom_openai",
    "openai_like",
    "aiohttp_openai",
    "litellm_proxy",
    "sagemaker_chat",
    "a2a_agent",
    "text-completion-openai",
    "watsonx_text",
    "vertex_ai_beta",
    "anthropic_text",
    "azure_text",
    "nosuchprovider",
)


def _of_litellm() -> set[str]:
    package = importlib.util.find_spec("litellm")
    assert package is not None
    assert package.origin is not None
    folders = (Path(package.origin).parent / "llms").iterdir()
    return {one.name for one in folders if one.is_dir() and not one.name.startswith("_")}


EACH_PROVIDER = sorted({*_of_litellm(), *BESIDES, *PROVIDERS, *OTHERS})


@pytest.fixture(scope="module")
def eavesdropper() -> Iterator[Eavesdropper]:
    with listening() as one:
        yield one


@pytest.fixture(scope="module")
def url(postgres_url: str) -> str:
    return new_database(postgres_url)


@pytest.fixture(scope="module")
def server(url: str) -> Iterator[Server]:
    """With the key of every provider there is."""
    keys = {
        variable: SECRET
        for provider in EACH_PROVIDER
        for variable in find_provider(provider).variables
        if "KEY" in variable or "TOKEN" in variable
    }
    running = start_server(PEGBOARD_DATABASE_URL=url, PEGBOARD_SANDBOX="auto", **keys)
    yield running
    running.stop()


def _addresses(eavesdropper: Eavesdropper) -> list[str]:
    host, url = eavesdropper.host, eavesdropper.url
    return [
        url,
        f"{url}/v1/x",
        f"https://{host}/x",
        f"HTTP://{host}/x",
        f"http:/{host}",
        f"http:{host}",
        f"//{host}/x",
        f"x//{host}",
        f"@{host}/../x",
        f"/{host}",
        f"\\\\{host}",
        f"x.{host}/#",
        f"x?u={url}",
        f"x@{host}?",
        "../../v1/files",
        "models/../x",
        "models/./x",
        "x/",
        "x\ny",
        "x%2f..%2fy",
        "x y",
        "агент",
        f"agentcore/arn:aws:bedrock-agentcore:{host}/#:1:runtime/x",
        f"arn:aws:bedrock:{host}:1:inference-profile/x",
        f"arn:aws:bedrock:x.{host}/:1:inference-profile/x",
        "converse/agent/x/y",
        "a" * 257,
    ]


def _v1(client: httpx.Client, path: str, body: dict[str, object]) -> httpx.Response:
    key = client.headers["X-API-Key"]
    base = str(client.base_url).replace("/api/", "/v1/")
    return client.post(base + path, json=body, headers={"Authorization": f"Bearer {key}"})


def _refuses(client: httpx.Client, thread_id: str, provider: str, name: str) -> None:
    """At each entrance there is, in its dialect, naming the field."""
    message = {"content": "A secret", "llm_provider": provider, "model_name": name}
    answered = client.post(f"/threads/{thread_id}/messages", json=message)
    placed = client.post("/threads/messages", json={**message, "stream": True})
    embedding = {"embedding_provider": provider, "embedding_model_name": name}
    made = client.post("/assistants", json={"name": "A", "embedding_dims": 8, **embedding})
    for answer, fields in (
        (answered, ("model_name", "llm_provider")),
        (placed, ("model_name", "llm_provider")),
        (made, ("embedding_model_name", "embedding_provider")),
    ):
        assert answer.status_code == 400, (provider, name, answer.text)
        assert answer.json()["detail"].startswith(fields), answer.text
        assert SECRET not in answer.text
    hello = [{"role": "user", "content": "Hello"}]
    for path, body in (
        ("chat/completions", {"messages": hello}),
        ("embeddings", {"input": "A secret"}),
        ("assistants", {}),
    ):
        answer = _v1(client, path, {"model": f"{provider}/{name}", **body})
        assert answer.status_code == 400, (provider, name, answer.text)
        assert answer.json()["error"]["param"] == "model"


@pytest.mark.requirement("models.no-addresses")
def test_an_address_is_refused_for_each_provider_there_is(
    client: httpx.Client, eavesdropper: Eavesdropper
) -> None:
    thread_id = new_thread(client)
    for provider in EACH_PROVIDER:
        _refuses(client, thread_id, provider, f"{eavesdropper.url}/x")
    assert eavesdropper.received == []


def test_whatever_may_become_an_address_or_a_path_is_refused(
    client: httpx.Client, eavesdropper: Eavesdropper
) -> None:
    thread_id = new_thread(client)
    for name in _addresses(eavesdropper):
        _refuses(client, thread_id, "gemini", name)
    assert eavesdropper.received == []


@pytest.mark.requirement("models.no-addresses")
def test_a_run_and_its_assistant_are_held_to_it(
    client: httpx.Client, eavesdropper: Eavesdropper
) -> None:
    assistant = _v1(client, "assistants", {"model": "gpt-4o"}).json()["id"]
    thread = _v1(client, "threads", {"messages": [{"role": "user", "content": "Hi"}]}).json()["id"]
    changed = _v1(client, f"assistants/{assistant}", {"model": eavesdropper.url})
    begun = _v1(
        client, f"threads/{thread}/runs", {"assistant_id": assistant, "model": eavesdropper.url}
    )
    opened = {"messages": [{"role": "user", "content": "Hi"}]}
    both = _v1(
        client,
        "threads/runs",
        {"assistant_id": assistant, "thread": opened, "model": eavesdropper.url},
    )
    for answer in (changed, begun, both):
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "model"), answer.text
    assert eavesdropper.received == []


@pytest.mark.parametrize("provider", ["huggingface", "sagemaker", "oobabooga", "petals", "custom"])
def test_a_provider_that_is_not_asked_is_refused_under_any_name(
    client: httpx.Client, provider: str
) -> None:
    thread_id = new_thread(client)
    body = {"content": "Hi", "llm_provider": provider, "model_name": "org/model"}
    answer = client.post(f"/threads/{thread_id}/messages", json=body)
    assert (answer.status_code, "llm_provider" in answer.text) == (400, True), answer.text
    embedding = {"embedding_provider": provider, "embedding_model_name": "org/model"}
    answer = client.post("/assistants", json={"name": "A", **embedding})
    assert (answer.status_code, "embedding_provider" in answer.text) == (400, True), answer.text


def test_what_was_stored_before_is_held_to_it(
    client: httpx.Client, eavesdropper: Eavesdropper, url: str
) -> None:
    assistant = client.post("/assistants", json={"name": "Old"}).json()["assistant_id"]
    query(
        url,
        "UPDATE assistants SET embedding_provider = 'huggingface', embedding_dims = 8, "
        f"embedding_model_name = '{eavesdropper.url}/x' WHERE id = '{assistant}'",
    )
    read = finished(client, upload(client, f"/assistants/{assistant}", "a.txt", b"A secret."))
    assert read["status"] == "indexed"  # by the model that runs here
    query(
        url,
        f"UPDATE assistants SET embedding_provider = 'gemini' WHERE id = '{assistant}'",
    )
    read = finished(client, upload(client, f"/assistants/{assistant}", "b.txt", b"A secret."))
    assert read["status"] == "error"
    assert eavesdropper.received == []


def test_the_eavesdropper_would_have_heard(eavesdropper: Eavesdropper) -> None:
    with pytest.raises(httpx.HTTPError):
        httpx.get(eavesdropper.url, timeout=patience(60))
    assert eavesdropper.received.pop().startswith(b"GET / ")
