"""Documents that a provider's embedding model reads."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.documents import finished, indexed, upload
from tests.support.postgres import new_database, query
from tests.support.provider import Provider, running_provider
from tests.support.server import Server, start_server
from tests.support.steps import new_thread, say


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture(scope="module")
def url(postgres_url: str) -> str:
    return new_database(postgres_url)


@pytest.fixture(scope="module")
def server(url: str, provider: Provider) -> Iterator[Server]:
    running = start_server(
        PEGBOARD_DATABASE_URL=url,
        PEGBOARD_SANDBOX="auto",
        OPENAI_API_KEY="sk-x",
        OPENAI_BASE_URL=provider.url,
    )
    yield running
    running.stop()


def library(client: httpx.Client, **embedding: Any) -> tuple[str, str]:
    """(thread id, path of its assistant) with this embedding."""
    thread_id = new_thread(client, **embedding)
    assistant_id = client.get(f"/threads/{thread_id}").json()["assistant_id"]
    return thread_id, f"/assistants/{assistant_id}"


def test_vectors_of_different_models_live_side_by_side_and_never_meet(
    client: httpx.Client, provider: Provider, url: str
) -> None:
    texts = {"zebra.txt": b"Zebras zigzag in Zanzibar.", "ants.txt": b"Ants eat and eat at tea."}
    for dims in (8, 16):
        thread_id, path = library(
            client,
            embedding_provider="openai",
            embedding_model_name="text-embedding-3-small",
            embedding_dims=dims,
        )
        for name, data in texts.items():
            indexed(client, path, name, data)
        answer = say(
            client,
            thread_id,
            "zzz zebra zoo",
            llm_provider="anthropic",  # answered by the sandbox
            model_name="claude",
        )
        assert answer["retrieved_files"][0] == "zebra.txt"
        assert provider.last()["dimensions"] == dims
    thread_id, path = library(client, embedding_provider="cohere", embedding_model_name="embed-v4")
    indexed(client, path, "zebra.txt", texts["zebra.txt"])
    models = query(
        url,
        "SELECT DISTINCT embedded_by, vector_dims(embedding::vector) FROM chunks ORDER BY 2",
    )
    assert models == [
        ("openai/text-embedding-3-small/8", 8),
        ("openai/text-embedding-3-small/16", 16),
        ("local/all-MiniLM-L6-v2/384", 384),  # nobody has credentials for cohere
    ]


def test_a_provider_that_fails_is_tried_three_times_and_named(
    client: httpx.Client, provider: Provider
) -> None:
    _, path = library(
        client,
        embedding_provider="openai",
        embedding_model_name="embeds-nothing",
        embedding_dims=8,
    )
    before = len(provider.requests)
    failed = finished(client, upload(client, path, "a.txt", b"Some text."))
    assert failed["status"] == "error"
    assert "had an error" in failed["status_message"]
    attempts = [one for one in provider.requests[before:] if one["model"] == "embeds-nothing"]
    assert len(attempts) >= 3
