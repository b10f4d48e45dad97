"""Messages that a real provider answers, reached through litellm."""

from collections.abc import Iterator

import httpx
import pytest

from tests.conftest import StartServer
from tests.support.postgres import new_database
from tests.support.provider import Provider, running_provider
from tests.support.server import Server, start_server
from tests.support.steps import WEATHER, messages_of, new_thread, say, submit
from tests.support.stream import stream, text_of, types_of


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
        OPENAI_API_KEY="sk-serversecret",
        OPENAI_BASE_URL=provider.url,
    )
    # The first call of all loads litellm, which may take longer than a stream is held back.
    with running.client() as warm:
        say(warm, new_thread(warm), "Hi", model_name="says-hello")
    yield running
    running.stop()


def test_the_provider_answers_and_its_figures_are_kept(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    answer = say(client, thread_id, "Hi", model_name="says-hello")
    assert answer["content"] == "Hello from the provider"
    assert (answer["model_provider"], answer["model_name"]) == ("openai", "says-hello")
    assert (answer["input_tokens"], answer["output_tokens"], answer["total_tokens"]) == (7, 5, 12)
    stored = client.get(f"/threads/{thread_id}").json()["messages"][-1]
    assert (stored["content"], stored["total_tokens"]) == ("Hello from the provider", 12)


def test_the_cost_is_told_where_a_price_is_known(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    assert say(client, thread_id, "Hi", model_name="says-hello")["cost_usd"] is None
    priced = say(client, thread_id, "Hi", model_name="gpt-4o")
    assert priced["cost_usd"] == pytest.approx(7 * 2.5e-6 + 5 * 10e-6)


def test_a_stream_passes_on_each_piece(client: httpx.Client) -> None:
    url = f"/threads/{new_thread(client)}/messages"
    events = stream(client, url, json={"content": "Hi", "stream": True, "model_name": "says-hello"})
    assert [e["content"] for e in events if e["type"] == "content_streaming"] == [
        "Hello ",
        "from ",
        "the ",
        "provider",
    ]
    assert events[-1]["type"] == "run_ended"
    assert events[-1]["total_tokens"] == 12


def test_names_with_slashes_and_colons_reach_the_provider(
    client: httpx.Client, provider: Provider
) -> None:
    say(client, new_thread(client), "Hi", model_name="vendor/says-hello:free")
    assert provider.last()["model"] == "vendor/says-hello:free"


def test_the_model_sees_the_prompt_the_history_and_the_new_message(
    client: httpx.Client, provider: Provider
) -> None:
    thread_id = new_thread(client, system_prompt="Be {kind}.")
    say(client, thread_id, "One {braces}", model_name="says-hello")
    say(client, thread_id, "Two", model_name="says-hello")
    assert provider.last()["messages"] == [
        {"role": "system", "content": "Be {kind}."},
        {"role": "user", "content": "One {braces}"},
        {"role": "assistant", "content": "Hello from the provider"},
        {"role": "user", "content": "Two"},
    ]


@pytest.mark.requirement("tools.valid-history")
def test_a_tool_exchange_is_replayed_in_valid_shape(
    client: httpx.Client, provider: Provider
) -> None:
    thread_id = new_thread(client, tools=[WEATHER])
    paused = say(client, thread_id, "Weather?", model_name="calls")
    done = submit(client, paused, "rain").json()
    assert done["content"] == "It says rain"
    sent = provider.last()
    assert [m["role"] for m in sent["messages"]] == ["user", "assistant", "tool"]
    assert sent["messages"][1]["tool_calls"][0]["id"] == sent["messages"][2]["tool_call_id"]
    assert sent["tools"][0]["function"]["name"] == "get_weather"


def test_unanswered_calls_are_shown_as_cancelled(client: httpx.Client, provider: Provider) -> None:
    thread_id = new_thread(client, tools=[WEATHER])
    say(client, thread_id, "Weather?", model_name="calls")
    say(client, thread_id, "Never mind", model_name="says-hello")
    assert [m["role"] for m in provider.last()["messages"]] == [
        "user",
        "assistant",
        "tool",
        "user",
    ]
    assert "cancelled" in provider.last()["messages"][2]["content"]


def test_a_call_without_its_required_argument_is_asked_for_again(client: httpx.Client) -> None:
    thread_id = new_thread(client, tools=[WEATHER])
    paused = say(client, thread_id, "Weather?", model_name="calls-without-location-first")
    assert paused["status"] == "REQUIRES_ACTION"
    assert paused["tool_calls"][0]["function"]["arguments"] == '{"location": "Oslo"}'
    assert paused["total_tokens"] == 24  # both calls of the model are counted


def test_a_model_that_never_calls_well_ends_as_its_failure(client: httpx.Client) -> None:
    thread_id = new_thread(client, tools=[WEATHER])
    response = client.post(
        f"/threads/{thread_id}/messages",
        json={"content": "Weather?", "model_name": "calls-badly-forever"},
    )
    assert response.status_code == 502
    assert "get_weather" in response.json()["detail"]
    assert [status for _, status, _ in messages_of(client, thread_id)] == ["COMPLETED", "FAILED"]


@pytest.mark.parametrize(
    ("model", "status", "says"),
    [
        ("refuses-key", 502, "credentials"),
        ("limits", 429, "Slow down"),
        ("rejects", 400, "not acceptable"),
        ("is-unknown", 400, "model_not_found"),
        ("is-broken", 502, "had an error"),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_a_refusal_is_an_http_error_and_a_failed_message(
    client: httpx.Client, model: str, status: int, says: str, streamed: bool
) -> None:
    thread_id = new_thread(client)
    response = client.post(
        f"/threads/{thread_id}/messages",
        json={"content": "Hi", "model_name": model, "stream": streamed},
    )
    assert response.status_code == status
    assert says in response.json()["detail"]
    assert "sk-" not in response.text
    assert [s for _, s, _ in messages_of(client, thread_id)] == ["COMPLETED", "FAILED"]
    assert say(client, thread_id, "Again", model_name="says-hello")["status"] == "COMPLETED"


def test_a_rate_limit_says_when_to_come_back(client: httpx.Client) -> None:
    url = f"/threads/{new_thread(client)}/messages"
    response = client.post(url, json={"content": "Hi", "model_name": "limits"})
    assert response.headers["retry-after"] == "7"


@pytest.mark.parametrize(("model", "text"), [("cuts-off", "Only a part"), ("breaks", "Half")])
def test_an_answer_that_breaks_off_is_a_failure_with_its_text_kept(
    client: httpx.Client, model: str, text: str
) -> None:
    thread_id = new_thread(client)
    events = stream(
        client,
        f"/threads/{thread_id}/messages",
        json={"content": "Hi", "model_name": model, "stream": True},
    )
    assert text_of(events) == text
    assert types_of(events)[-1] == "run_failed"
    assert messages_of(client, thread_id)[-1] == ("assistant", "FAILED", text)
    assert say(client, thread_id, "Again", model_name="says-hello")["status"] == "COMPLETED"


@pytest.mark.parametrize("streamed", [False, True])
def test_a_page_instead_of_an_answer_is_the_providers_failure(
    client: httpx.Client, streamed: bool
) -> None:
    thread_id = new_thread(client)
    response = client.post(
        f"/threads/{thread_id}/messages",
        json={"content": "Hi", "model_name": "speaks-html", "stream": streamed},
    )
    assert response.status_code in {502, 503}, response.text
    assert "<h1>" not in response.text
    assert [s for _, s, _ in messages_of(client, thread_id)] == ["COMPLETED", "FAILED"]
    assert say(client, thread_id, "Again", model_name="says-hello")["status"] == "COMPLETED"


def test_arguments_that_come_in_the_smallest_pieces_are_put_together(client: httpx.Client) -> None:
    url = f"/threads/{new_thread(client, tools=[WEATHER])}/messages"
    body = {"content": "Weather?", "model_name": "calls-in-pieces", "stream": True}
    paused = stream(client, url, json=body)[-1]
    (call,) = paused["tool_calls"]
    assert call["function"]["parsed_arguments"] == {"location": 'Tromsø "N"'}
    paused["thread_id"] = url.split("/")[2]
    assert submit(client, paused, "snow").json()["content"] == "It says snow"


@pytest.mark.requirement("models.provider-failures")
def test_a_provider_that_fails_once_is_asked_again(start: StartServer, provider: Provider) -> None:
    server = start(PEGBOARD_SANDBOX="off", OPENAI_API_KEY="sk-x", OPENAI_BASE_URL=provider.url)
    with server.client() as client:
        thread_id = new_thread(client)
        answer = say(client, thread_id, "Hi", llm_provider="openai", model_name="recovers")
        assert answer["content"] == "Hello from the provider"
        body = {"content": "Hi", "model_name": "recovers-from-html", "stream": True}
        events = stream(client, f"/threads/{thread_id}/messages", json=body)
        assert events[-1]["content"] == "Hello from the provider"
        assert [status for _, status, _ in messages_of(client, thread_id)] == ["COMPLETED"] * 4


def test_a_pause_that_is_no_number_is_none(client: httpx.Client) -> None:
    response = client.post(
        f"/threads/{new_thread(client)}/messages",
        json={"content": "Hi", "model_name": "limits-oddly"},
    )
    assert (response.status_code, response.json()) == (429, {"detail": "Slow down"})
    assert "retry-after" not in response.headers


def test_a_provider_that_is_not_there_is_not_named(start: StartServer) -> None:
    gone = "http://127.0.0.1:9/v1"
    server = start(PEGBOARD_SANDBOX="off", OPENAI_API_KEY="sk-x", OPENAI_BASE_URL=gone)
    with server.client() as client:
        response = client.post(f"/threads/{new_thread(client)}/messages", json={"content": "Hi"})
    assert response.status_code in {502, 503}
    assert response.json() == {"detail": "The provider cannot be reached"}


def test_wishes_are_passed_on(client: httpx.Client, provider: Provider) -> None:
    say(
        client,
        new_thread(client),
        "Hi",
        model_name="says-hello",
        json_output=True,
        thinking={"effort": "high"},
    )
    assert provider.last()["response_format"] == {"type": "json_object"}


@pytest.mark.requirement("models.sandbox")
def test_a_provider_without_credentials_is_answered_by_the_sandbox(client: httpx.Client) -> None:
    answer = say(
        client, new_thread(client), "Hi", llm_provider="anthropic", model_name="claude-opus"
    )
    assert (answer["model_provider"], answer["model_name"]) == ("sandbox", "claude-opus")


def test_without_a_sandbox_a_missing_credential_is_named(start: StartServer) -> None:
    server = start(PEGBOARD_SANDBOX="off")
    with server.client() as client:
        thread_id = new_thread(client)
        response = client.post(f"/threads/{thread_id}/messages", json={"content": "Hi"})
        assert response.status_code == 400
        assert "OPENAI_API_KEY" in response.json()["detail"]


@pytest.mark.requirement("models.provider-failures")
def test_a_model_that_falls_silent_is_given_up(start: StartServer, provider: Provider) -> None:
    server = start(
        PEGBOARD_SANDBOX="auto",
        PEGBOARD_MODEL_TIMEOUT="0.5",
        OPENAI_API_KEY="sk-x",
        OPENAI_BASE_URL=provider.url,
    )
    with server.client() as client:
        thread_id = new_thread(client)
        events = stream(
            client,
            f"/threads/{thread_id}/messages",
            json={"content": "Hi", "model_name": "falls-silent", "stream": True},
        )
        assert text_of(events) == "Wait "
        assert events[-1]["type"] == "run_failed"
        assert "in time" in events[-1]["error"]
