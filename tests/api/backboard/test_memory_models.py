"""Memory that a provider's model learns."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.deadlines import deadline
from tests.support.memories import contents, settled, thread_of
from tests.support.postgres import new_database
from tests.support.provider import Provider, running_provider
from tests.support.server import Server, start_server
from tests.support.steps import say


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture(scope="module")
def server(postgres_url: str, provider: Provider) -> Iterator[Server]:
    running = start_server(
        PEGBOARD_DATABASE_URL=new_database(postgres_url),
        PEGBOARD_SANDBOX="auto",
        PEGBOARD_MODEL_RETRIES="0",
        OPENAI_API_KEY="sk-x",
        OPENAI_BASE_URL=provider.url,
    )
    yield running
    running.stop()


def assistant_with(client: httpx.Client, **prompts: str) -> str:
    # An embedding that nobody here has credentials for is made by the local model.
    made = client.post(
        "/assistants", json={"name": "M", "embedding_provider": "cohere", **prompts}
    ).json()
    return f"/assistants/{made['assistant_id']}"


def learn(client: httpx.Client, assistant: str, model: str) -> dict[str, Any]:
    thread_id = thread_of(client, assistant)
    answer = say(client, thread_id, "I drink {tea}", memory="Auto", model_name=model)
    return settled(client, answer["memory_operation_id"])


def test_a_model_is_asked_for_facts_and_for_what_they_change(
    client: httpx.Client, provider: Provider
) -> None:
    assistant = assistant_with(
        client,
        custom_fact_extraction_prompt="Extract only {drinks}.",
        custom_update_memory_prompt="Only update on corrections.",
    )
    before = len(provider.requests)
    first = learn(client, assistant, "learns")
    assert [one["event"] for one in first["memory_ids"]] == ["ADD"]
    assert contents(client, assistant) == ["User drinks {tea}"]
    prompts = [one["messages"] for one in provider.requests[before:] if "messages" in one]
    systems = [messages[0]["content"] for messages in prompts]
    assert any(system.startswith("Extract only {drinks}.") for system in systems)
    (memory,) = client.get(f"{assistant}/memories").json()["memories"]
    assert (memory["source"]["quote"], memory["source"]["model"]) == (
        "I drink {tea}",
        "openai/learns",
    )


def test_an_answer_that_makes_no_sense_is_asked_for_once_more_and_changes_nothing(
    client: httpx.Client, provider: Provider
) -> None:
    assistant = assistant_with(client)
    before = len(provider.requests)
    failed = learn(client, assistant, "learns-badly")
    assert (failed["status"], failed["memory_ids"]) == ("ERROR", None)
    assert failed["error"]
    assert len(provider.requests) - before == 3  # the reply, the question, the question again
    assert contents(client, assistant) == []


def test_a_memory_whose_provider_cannot_be_asked_is_embedded_once_it_can(
    client: httpx.Client, provider: Provider
) -> None:
    made = client.post(
        "/assistants",
        json={
            "name": "M",
            "embedding_provider": "openai",
            "embedding_model_name": "embeds-when-released",
            "embedding_dims": 8,
        },
    ).json()
    memories = f"/assistants/{made['assistant_id']}/memories"
    memory = client.post(memories, json={"content": "zebras doze"}).json()
    client.put(f"{memories}/{memory['id']}", json={"content": "quiet quokkas"})
    search = {"query": "quoka qitue"}  # the letters alone are the same
    assert client.post(f"{memories}/search", json=search).json()["memories"] == []

    provider.released.set()

    end = deadline(30)
    while not (results := client.post(f"{memories}/search", json=search).json()["memories"]):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert [one["content"] for one in results] == ["quiet quokkas"]
