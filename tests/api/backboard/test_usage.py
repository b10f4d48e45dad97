"""What runs and lessons have used is kept by tenant, day and model, and outlives them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.conftest import StartServer
from tests.support.memories import settled
from tests.support.postgres import new_database, query
from tests.support.provider import Provider, running_provider
from tests.support.server import Server
from tests.support.steps import WEATHER, new_thread, say, submit


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


def usage(client: httpx.Client, **params: Any) -> dict[str, Any]:
    answer = client.get("/usage", params=params)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def today() -> str:
    return datetime.now(UTC).date().isoformat()


@pytest.mark.requirement("models.usage")
def test_tokens_are_summed_by_model_over_all_rounds_of_a_run(client: httpx.Client) -> None:
    thread_id = new_thread(client, tools=[WEATHER])
    paused = say(client, thread_id, "What's the weather in Oslo?")
    ended = submit(client, paused, "snow").json()
    other = say(
        client, new_thread(client), "Hello", llm_provider="anthropic", model_name="claude-x"
    )
    summary = usage(client)
    rows = {row["model"]: row for row in summary["data"]}
    assert rows.keys() == {"gpt-4o", "claude-x"}
    for answer, row in ((ended, rows["gpt-4o"]), (other, rows["claude-x"])):
        assert (row["provider"], row["date"]) == (answer["model_provider"], today())
        assert row["runs"] == 1
        for figure in ("input_tokens", "output_tokens", "total_tokens"):
            assert row[figure] == answer[figure]
    assert summary["totals"]["runs"] == 2
    assert summary["totals"]["total_tokens"] == ended["total_tokens"] + other["total_tokens"]
    assert summary["pagination"] == {"page": 1, "page_size": 100, "total": 2, "total_pages": 1}


@pytest.mark.requirement("models.usage")
def test_what_was_used_outlives_its_thread_and_concerns_nobody_else(
    server: Server, client: httpx.Client
) -> None:
    thread_id = new_thread(client)
    used = say(client, thread_id, "Hello")["total_tokens"]
    client.delete(f"/threads/{thread_id}")
    assert usage(client)["totals"]["total_tokens"] == used
    with server.client() as neighbour:
        assert usage(neighbour)["data"] == []
        assert usage(neighbour)["totals"]["total_tokens"] == 0


def test_a_span_and_a_page_can_be_asked_for(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    for name in ("a", "b", "c"):
        say(client, thread_id, "Hello", model_name=name)
    assert [row["model"] for row in usage(client, page_size=2)["data"]] == ["a", "b"]
    second = usage(client, page=2, page_size=2)
    assert [row["model"] for row in second["data"]] == ["c"]
    assert second["totals"]["runs"] == 3
    assert second["pagination"]["total_pages"] == 2
    assert len(usage(client, since=today(), until=today())["data"]) == 3
    assert usage(client, until="2020-01-01")["totals"]["runs"] == 0
    assert usage(client, since="2999-01-01")["data"] == []
    assert client.get("/usage", params={"since": "yesterday"}).status_code == 422
    assert client.get("/usage", params={"page": 10**18}).json()["data"] == []


def test_the_page_that_older_clients_read(client: httpx.Client) -> None:
    answer = say(client, new_thread(client), "Hello")
    assert client.get("/billing/usage/recent").json() == {
        "data": [
            {
                "date": f"{today()}T00:00:00Z",
                "model": "gpt-4o",
                "input_tokens": answer["input_tokens"],
                "output_tokens": answer["output_tokens"],
                "vector_reads": 0,
                "vector_cost_usd": 0.0,
                "memory_write_cost_usd": 0.0,
                "credit_type": "none",
                "amount_deducted_usd": 0.0,
            }
        ],
        "pagination": {"page": 1, "page_size": 25, "total": 1, "total_pages": 1},
    }


def test_prices_are_summed_and_missing_ones_counted(start: StartServer, provider: Provider) -> None:
    server = start(PEGBOARD_SANDBOX="auto", OPENAI_API_KEY="sk-x", OPENAI_BASE_URL=provider.url)
    with server.client() as client:
        thread_id = new_thread(client)
        priced = say(client, thread_id, "Hi", model_name="gpt-4o")
        say(client, thread_id, "Hi", model_name="says-hello")
        rows = {row["model"]: row for row in usage(client)["data"]}
        assert rows["gpt-4o"]["cost_usd"] == pytest.approx(7 * 2.5e-6 + 5 * 10e-6)
        assert rows["gpt-4o"]["cost_usd"] == pytest.approx(priced["cost_usd"])
        assert (rows["says-hello"]["cost_usd"], rows["says-hello"]["unpriced"]) == (0, 1)


def test_what_learning_costs_is_counted_beside_the_run(
    start: StartServer, provider: Provider, postgres_url: str
) -> None:
    url = new_database(postgres_url)
    server = start(
        PEGBOARD_DATABASE_URL=url,
        PEGBOARD_SANDBOX="auto",
        PEGBOARD_MEMORY_MODEL="learns",
        OPENAI_API_KEY="sk-x",
        OPENAI_BASE_URL=provider.url,
    )
    with server.client() as client:
        answer = say(client, new_thread(client), "I drink {tea}", memory="Auto")
        assert settled(client, answer["memory_operation_id"])["status"] == "COMPLETED"
        rows = {row["model"]: row for row in usage(client)["data"]}
        assert (rows["gpt-4o"]["runs"], rows["gpt-4o"]["total_tokens"]) == (1, 12)
        assert (rows["learns"]["runs"], rows["learns"]["total_tokens"]) == (0, 12)
        purposes = query(url, "SELECT purpose, model FROM usage_records ORDER BY 1")
        assert purposes == [("memory", "learns"), ("run", "gpt-4o")]
