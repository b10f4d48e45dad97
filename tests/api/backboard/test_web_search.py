"""A model that may search the web does so within its run; nobody else notices the tools."""

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.deadlines import patience
from tests.support.postgres import new_database, query
from tests.support.provider import Provider, running_provider
from tests.support.server import Server, start_server
from tests.support.steps import WEATHER, messages_of, new_thread, say, submit
from tests.support.stream import stream, text_of, types_of
from tests.support.website import Visit, Website, answer, page, running_website

RUN_OF = "SELECT id FROM runs WHERE thread_id = CAST(:thread AS uuid)"
WEB_RESULTS = {
    "title": "Pegboards",
    "url": "https://pegboard.example/",
    "content": "Holes in a grid",
}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture(scope="module")
def website() -> Iterator[Website]:
    with running_website() as running:
        yield running


@pytest.fixture(scope="module")
def url(postgres_url: str) -> str:
    return new_database(postgres_url)


@pytest.fixture(scope="module")
def server(url: str, provider: Provider, website: Website) -> Iterator[Server]:
    running = start_server(
        PEGBOARD_DATABASE_URL=url,
        PEGBOARD_SANDBOX="auto",
        PEGBOARD_SEARXNG_URL=website.url("/"),
        OPENAI_API_KEY="sk-x",
        OPENAI_BASE_URL=provider.url,
    )
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def searxng(website: Website) -> None:
    website.answers["/search"] = answer({"results": [WEB_RESULTS]})


def offered(provider: Provider, at: int = -1) -> list[str]:
    return [tool["function"]["name"] for tool in provider.requests[at].get("tools", [])]


def search(client: httpx.Client, thread_id: str, model: str, **fields: Any) -> dict[str, Any]:
    return say(client, thread_id, "What is a pegboard?", model_name=model, **fields)


def test_what_was_found_is_shown_to_the_model_and_the_calls_to_nobody(
    client: httpx.Client, provider: Provider, website: Website
) -> None:
    thread_id = new_thread(client)
    answer = search(client, thread_id, "searches", web_search="Auto")
    assert answer["status"] == "COMPLETED"
    assert "Holes in a grid" in answer["content"]
    assert answer["tool_calls"] is None
    assert website.paths[-1] == "/search?q=pegboard&format=json"
    assert offered(provider) == ["web_search", "read_web_page"]
    assert [role for role, _, _ in messages_of(client, thread_id)] == ["user", "assistant"]
    assert answer["total_tokens"] == 24  # both calls of the model


def test_a_stream_tells_the_answer_alone(client: httpx.Client) -> None:
    body = {"content": "?", "model_name": "searches", "web_search": "auto", "stream": True}
    events = stream(client, f"/threads/{new_thread(client)}/messages", json=body)
    assert types_of(events) == [
        "message_received",
        "user_message",
        "run_started",
        "message_start",
        "content_streaming",
        "run_ended",
    ]
    assert "Holes in a grid" in text_of(events)


@pytest.mark.parametrize("fields", [{}, {"web_search": "off"}, {"web_search": None}])
def test_who_does_not_ask_for_it_has_no_search(
    client: httpx.Client, provider: Provider, fields: dict[str, Any]
) -> None:
    search(client, new_thread(client), "says-hello", **fields)
    assert offered(provider) == []


def test_a_search_that_fails_is_told_to_the_model(client: httpx.Client, website: Website) -> None:
    website.answers["/search"] = page("no", status=500)
    answer = search(client, new_thread(client), "searches", web_search="Auto")
    assert answer["status"] == "COMPLETED"
    assert "web_search failed" in answer["content"]


@pytest.mark.requirement("tools.web-inside")
def test_the_inside_of_the_network_cannot_be_read(client: httpx.Client, website: Website) -> None:
    before = len(website.requests)
    answer = search(
        client,
        new_thread(client),
        "reads-a-page",
        web_search="Auto",
        system_prompt=website.url("/secret"),
    )
    assert "read_web_page failed" in answer["content"]
    assert len(website.requests) == before


def test_a_search_beside_a_clients_call_is_done_and_remembered(
    client: httpx.Client, provider: Provider, url: str
) -> None:
    thread_id = new_thread(client, tools=[WEATHER])
    paused = search(client, thread_id, "searches-and-calls", web_search="Auto")
    assert [call["function"]["name"] for call in paused["tool_calls"]] == ["get_weather"]
    assert offered(provider) == ["get_weather", "web_search", "read_web_page"]
    findings = query(
        url, "SELECT web_findings FROM runs WHERE id = CAST(:r AS uuid)", r=paused["run_id"]
    )
    assert "Holes in a grid" in str(findings)
    ended = submit(client, paused, "snow").json()
    assert ended["content"] == "It says snow"
    assert "Holes in a grid" in provider.last()["messages"][0]["content"]
    assert offered(provider) == ["get_weather", "web_search", "read_web_page"]


def test_a_model_that_searches_without_end_has_to_answer(
    client: httpx.Client, provider: Provider
) -> None:
    before = len(provider.requests)
    answer = search(client, new_thread(client), "searches-forever", web_search="Auto")
    assert answer["content"] == "Enough"
    requests = provider.requests[before:]
    assert len(requests) == 9
    assert offered(provider) == []


@pytest.mark.parametrize("end", ["cancel", "delete"])
def test_a_run_ended_amid_a_search_has_used_what_it_had(
    server: Server, client: httpx.Client, website: Website, url: str, end: str
) -> None:
    searching, go_on = threading.Event(), threading.Event()

    def slow(visit: Visit) -> None:
        searching.set()
        go_on.wait(patience(30))

    website.answers["/search"] = slow
    thread_id = new_thread(client)
    answers: list[dict[str, Any]] = []
    asking = threading.Thread(
        target=lambda: answers.append(
            search(client, thread_id, "searches", web_search="Auto", stream=False)
        )
    )
    asking.start()
    assert searching.wait(patience(30))
    with server.client(client.headers["X-API-Key"]) as other:
        (run_id,) = query(url, RUN_OF, thread=thread_id)[0]
        if end == "cancel":
            ended = other.post(f"/threads/{thread_id}/runs/{run_id}/cancel")
        else:
            ended = other.delete(f"/threads/{thread_id}")
        assert ended.status_code == 200
        go_on.set()
        asking.join(patience(30))
        assert answers[0]["status"] == "CANCELLED"
        assert other.get("/usage").json()["totals"]["total_tokens"] == 12


def test_a_clients_tool_of_the_same_name_is_the_clients(
    client: httpx.Client, provider: Provider, website: Website
) -> None:
    before = len(website.requests)
    own = {"type": "function", "function": {"name": "web_search", "parameters": {}}}
    paused = search(client, new_thread(client, tools=[own]), "searches", web_search="Auto")
    assert paused["status"] == "REQUIRES_ACTION"
    assert offered(provider) == ["web_search", "read_web_page"]
    assert len(website.requests) == before


def test_without_a_search_configured_nothing_fails(start: Any, provider: Provider) -> None:
    server = start(PEGBOARD_SANDBOX="auto", OPENAI_API_KEY="sk-x", OPENAI_BASE_URL=provider.url)
    with server.client() as client:
        answer = search(client, new_thread(client), "says-hello", web_search="Auto")
        assert answer["status"] == "COMPLETED"
        assert offered(provider) == []


def test_the_sandbox_model_searches_too(client: httpx.Client) -> None:
    answer = say(
        client,
        new_thread(client),
        "Please use web_search to look for pegboards.",
        llm_provider="anthropic",
        model_name="claude",
        web_search="Auto",
    )
    assert "Holes in a grid" in answer["content"]


def test_an_answer_in_json_is_asked_for_in_words_as_well(
    client: httpx.Client, provider: Provider
) -> None:
    search(client, new_thread(client, system_prompt="Be kind"), "says-hello", json_output=True)
    request = provider.last()
    assert request["response_format"] == {"type": "json_object"}
    assert request["messages"][0]["content"].startswith("Be kind\n\n")
    assert "JSON" in request["messages"][0]["content"]
