"""A run is ended by its caller: while it speaks, while it waits, when it is over."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest

from pegboard.identifiers import new_id
from tests.conftest import StartServer
from tests.support.deadlines import deadline, patience
from tests.support.postgres import new_database, query
from tests.support.provider import Provider, running_provider
from tests.support.server import Server
from tests.support.steps import WEATHER, messages_of, new_thread, say, script

SILENT: Final = script(reply="one two three", delay_ms=60_000)


def cancel(client: httpx.Client, thread_id: str, run_id: str) -> httpx.Response:
    return client.post(f"/threads/{thread_id}/runs/{run_id}/cancel")


def speaking(
    client: httpx.Client, thread_id: str, **fields: Any
) -> tuple[Iterator[dict[str, Any]], Any]:
    """The events of a streamed message, one by one, and what closes them."""
    body = {"content": "Count", "stream": True, **fields}
    opened = client.stream("POST", f"/threads/{thread_id}/messages", json=body)
    response = opened.__enter__()
    assert response.status_code == 200

    def events() -> Iterator[dict[str, Any]]:
        for line in response.iter_lines():
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))

    return events(), opened


def until(events: Iterator[dict[str, Any]], kind: str) -> dict[str, Any]:
    return next(event for event in events if event["type"] == kind)


def run_of(database_url: str, thread_id: str) -> str:
    """The id of the run of a thread: who waits for an answer has not been given it."""
    end = deadline(30)
    statement = "SELECT id FROM runs WHERE thread_id = CAST(:thread AS uuid)"
    while not (runs := query(database_url, statement, thread=thread_id)):
        assert time.monotonic() < end
        time.sleep(0.02)
    return str(runs[0][0])


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.mark.requirement("runs.cancel")
def test_a_run_that_speaks_ends_at_once_and_keeps_what_it_said(
    server: Server, client: httpx.Client
) -> None:
    thread_id = new_thread(client)
    # The first word comes after a pause; the rest would take minutes.
    events, opened = speaking(
        client, thread_id, metadata=script(reply="one " + "and two " * 30_000, delay_ms=1)
    )
    run_id = until(events, "content_streaming")["run_id"]
    with server.client(client.headers["X-API-Key"]) as other:
        assert cancel(other, thread_id, run_id).json() == {
            "thread_id": thread_id,
            "run_id": run_id,
            "cancelled": True,
        }
        assert cancel(other, thread_id, run_id).json()["cancelled"] is True
        rest = list(events)
        opened.__exit__(None, None, None)
        assert rest[-1]["type"] == "run_cancelled"
        assert rest[-1]["run_id"] == run_id
        text = "one " + "".join(e["content"] for e in rest if e["type"] == "content_streaming")
        (_, _, _), (role, status, content) = messages_of(other, thread_id)
        assert (role, status) == ("assistant", "CANCELLED")
        assert (content or "") == text
        # The thread is free, and the model is shown what was said before.
        assert say(other, thread_id, "Go on")["status"] == "COMPLETED"


def test_a_silent_run_ends_at_once(server: Server, client: httpx.Client) -> None:
    thread_id = new_thread(client)
    events, opened = speaking(client, thread_id, metadata=SILENT)
    run_id = until(events, "run_started")["run_id"]
    with server.client(client.headers["X-API-Key"]) as other:
        assert cancel(other, thread_id, run_id).json()["cancelled"] is True
        assert [event["type"] for event in events][-1] == "run_cancelled"
        opened.__exit__(None, None, None)
        assert messages_of(other, thread_id)[-1] == ("assistant", "CANCELLED", None)


def test_who_waits_for_the_whole_answer_is_told_too(
    server: Server, client: httpx.Client, database_url: str
) -> None:
    thread_id = new_thread(client)
    answers: list[dict[str, Any]] = []

    def ask() -> None:
        answers.append(say(client, thread_id, "Count", metadata=SILENT))

    asking = threading.Thread(target=ask)
    asking.start()
    with server.client(client.headers["X-API-Key"]) as other:
        assert cancel(other, thread_id, run_of(database_url, thread_id)).json()["cancelled"] is True
    asking.join(patience(30))
    (answer,) = answers
    assert (answer["status"], answer["content"]) == ("CANCELLED", None)


def test_two_who_cancel_at_once_are_both_told_so(server: Server, client: httpx.Client) -> None:
    thread_id = new_thread(client)
    events, opened = speaking(client, thread_id, metadata=SILENT)
    run_id = until(events, "run_started")["run_id"]
    answers: list[dict[str, Any]] = []

    def end() -> None:
        with server.client(client.headers["X-API-Key"]) as other:
            answers.append(cancel(other, thread_id, run_id).json())

    enders = [threading.Thread(target=end) for _ in range(4)]
    for ender in enders:
        ender.start()
    for ender in enders:
        ender.join()
    assert [answer["cancelled"] for answer in answers] == [True] * 4
    assert [event["type"] for event in events].count("run_cancelled") == 1
    opened.__exit__(None, None, None)
    assert len(messages_of(client, thread_id)) == 2


@pytest.mark.requirement("runs.cancel")
def test_a_run_of_another_server_is_ended(start: StartServer, postgres_url: str) -> None:
    url = new_database(postgres_url)
    here, there = (start(PEGBOARD_DATABASE_URL=url) for _ in range(2))
    key = f"key-{new_id().hex}"
    with here.client(key) as one, there.client(key) as two:
        thread_id = new_thread(one)
        events, opened = speaking(one, thread_id, metadata=SILENT)
        run_id = until(events, "run_started")["run_id"]
        assert cancel(two, thread_id, run_id).json()["cancelled"] is True
        assert [event["type"] for event in events][-1] == "run_cancelled"
        opened.__exit__(None, None, None)
        assert messages_of(two, thread_id)[-1][1] == "CANCELLED"


def test_a_run_to_be_cancelled_whose_server_dies_is_cancelled_by_another(
    start: StartServer, postgres_url: str
) -> None:
    url = new_database(postgres_url)
    dying = start(PEGBOARD_DATABASE_URL=url)
    key = f"key-{new_id().hex}"
    with dying.client(key) as client:
        thread_id = new_thread(client)
        events, _opened = speaking(client, thread_id, metadata=SILENT)
        run_id = until(events, "run_started")["run_id"]
        dying.kill()
        with pytest.raises(httpx.HTTPError):
            list(events)
    with start(PEGBOARD_DATABASE_URL=url).client(key) as client:
        assert cancel(client, thread_id, run_id).json()["cancelled"] is True
        end = deadline(30)
        while messages_of(client, thread_id)[-1][0] == "user":
            assert time.monotonic() < end
            time.sleep(0.1)
        assert messages_of(client, thread_id)[-1] == ("assistant", "CANCELLED", None)
        assert say(client, thread_id, "Hello")["status"] == "COMPLETED"


def test_a_provider_that_falls_silent_is_let_go(start: StartServer, provider: Provider) -> None:
    server = start(PEGBOARD_SANDBOX="auto", OPENAI_API_KEY="sk-x", OPENAI_BASE_URL=provider.url)
    key = f"key-{new_id().hex}"
    with server.client(key) as client, server.client(key) as other:
        thread_id = new_thread(client)
        events, opened = speaking(client, thread_id, model_name="falls-silent")
        run_id = until(events, "content_streaming")["run_id"]
        assert cancel(other, thread_id, run_id).json()["cancelled"] is True
        assert [event["type"] for event in events][-1] == "run_cancelled"
        opened.__exit__(None, None, None)
        assert messages_of(other, thread_id)[-1] == ("assistant", "CANCELLED", "Wait ")
        # The next answer builds on what was said.
        say(other, thread_id, "Go on", model_name="says-hello")
        assert [turn["content"] for turn in provider.last()["messages"]] == [
            "Count",
            "Wait ",
            "Go on",
        ]


def test_a_run_that_waits_for_outputs_is_cancelled(client: httpx.Client) -> None:
    thread_id = new_thread(client, tools=[WEATHER])
    paused = say(client, thread_id, "What's the weather in Oslo?")
    assert cancel(client, thread_id, paused["run_id"]).json()["cancelled"] is True
    assert cancel(client, thread_id, paused["run_id"]).json()["cancelled"] is True
    assert [status for _, status, _ in messages_of(client, thread_id)] == ["COMPLETED", "CANCELLED"]
    assert say(client, thread_id, "Never mind")["status"] == "COMPLETED"


@pytest.mark.requirement("runs.statuses")
def test_a_run_that_is_over_stays_as_it_was(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    answer = say(client, thread_id, "Hello")
    over = cancel(client, thread_id, answer["run_id"])
    assert (over.status_code, over.json()["cancelled"]) == (200, False)
    assert messages_of(client, thread_id)[-1][1] == "COMPLETED"


def test_runs_that_are_not_there_or_not_ours(server: Server, client: httpx.Client) -> None:
    thread_id = new_thread(client)
    run_id = say(client, thread_id, "Hello")["run_id"]
    other_thread = new_thread(client)
    for thread, run in ((thread_id, "run_x"), (thread_id, str(new_id())), (other_thread, run_id)):
        answer = cancel(client, thread, run)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Run not found"})
    with server.client() as neighbour:
        assert cancel(neighbour, thread_id, run_id).json() == {"detail": "Thread not found"}


def test_a_run_whose_thread_is_deleted_stops_and_is_counted(
    start: StartServer, provider: Provider
) -> None:
    server = start(PEGBOARD_SANDBOX="auto", OPENAI_API_KEY="sk-x", OPENAI_BASE_URL=provider.url)
    with server.client() as client:
        thread_id = new_thread(client)
        events, opened = speaking(client, thread_id, model_name="falls-silent")
        until(events, "content_streaming")
        with server.client(client.headers["X-API-Key"]) as other:
            assert other.delete(f"/threads/{thread_id}").status_code == 200
        assert [event["type"] for event in events][-1] == "run_cancelled"
        opened.__exit__(None, None, None)
        assert not provider.released.is_set()
