"""The whole log of runs that no engine ends by itself: cancelled, paused and resumed, rescued."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

import httpx
import pytest

from tests.runs.stored_events import stored_events
from tests.support.deadlines import patience, wait_until
from tests.support.postgres import new_database, query
from tests.support.provider import Provider, running_provider
from tests.support.server import Server, start_server
from tests.support.steps import WEATHER, new_thread, say, script, submit

GOING: Final = "SELECT count(*) FROM runs WHERE status = 'in_progress'"
LATER: Final = """
    UPDATE runs SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL
"""
STARTED: Final = (
    ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
    ("message started", "message-1", 0),
)
_LOST: Final = (
    "unavailable",
    "server_lost",
    "The server that was answering went away before it was done",
)
CANCELLED: Final = (
    *STARTED,
    ("text", "message-1", "Wait "),
    (
        "message finished",
        {
            "id": "message-1",
            "status": "cancelled",
            "content": "Wait ",
            "used": (0, 0),
            "seconds": (0, 0),
        },
    ),
    ("run cancelled", {"status": "cancelled", "rounds": 1, "used": (0, 0)}),
)
LOST: Final = (
    *STARTED,
    ("text", "message-1", "Wait "),
    (
        "message finished",
        {
            "id": "message-1",
            "status": "failed",
            "content": "Wait ",
            "used": (0, 0),
            "seconds": (0, 0),
            "failure": _LOST,
        },
    ),
    ("run failed", {"status": "failed", "rounds": 1, "used": (0, 0), "failure": _LOST}),
)
TAKEN_UP: Final = (
    *STARTED,
    ("text", "message-1", "Here "),
    ("text", "message-1", "you "),
    ("text", "message-1", "are"),
    (
        "message finished",
        {
            "id": "message-1",
            "status": "completed",
            "content": "Here you are",
            "used": (7, 5),
            "seconds": (0, 0),
        },
    ),
    ("run completed", {"status": "completed", "rounds": 1, "used": (7, 5)}),
)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@contextmanager
def server_on(url: str, provider: Provider) -> Iterator[Server]:
    server = start_server(
        PEGBOARD_DATABASE_URL=url,
        PEGBOARD_SANDBOX="off",
        OPENAI_API_KEY="sk-x",
        OPENAI_BASE_URL=provider.url,
    )
    try:
        yield server
    finally:
        server.stop()


def client_of(server: Server) -> httpx.Client:
    headers = {"Authorization": "Bearer k"}
    return httpx.Client(base_url=f"{server.url}/v1", headers=headers, timeout=patience(60))


def begin(streams: ExitStack, client: httpx.Client, model: str, until: str) -> tuple[str, str]:
    """Begin a run and read its stream up to an event; returns the ids of its thread and its own."""
    assistant = client.post("/assistants", json={"model": model}).json()
    new_thread = {"messages": [{"role": "user", "content": "How is the weather?"}]}
    body = {"assistant_id": assistant["id"], "thread": new_thread, "stream": True}
    response = streams.enter_context(client.stream("POST", "/threads/runs", json=body))
    lines = response.iter_lines()
    next(line for line in lines if line == "event: thread.created")
    thread_id = json.loads(next(lines).removeprefix("data: "))["id"]
    next(line for line in lines if line == f"event: {until}")
    return thread_id, response.headers["pegboard-run-id"]


def test_the_logs_of_runs_that_were_cancelled_and_that_lost_their_process(
    postgres_url: str, provider: Provider
) -> None:
    """Two runs are lost: of the second nothing of the answer had come yet."""
    url = new_database(postgres_url)
    with server_on(url, provider) as first, ExitStack() as streams:
        client = streams.enter_context(client_of(first))
        thread_id, run_id = begin(streams, client, "falls-silent", "thread.message.delta")
        ended = client.post(f"/threads/{thread_id}/runs/{run_id}/cancel")
        assert ended.status_code == 200
        begin(streams, client, "falls-silent", "thread.message.delta")
        begin(streams, client, "takes-its-time", "thread.run.in_progress")
        wait_until(lambda: len(provider.requests) == 3)
        first.kill()
    query(url, LATER)
    with server_on(url, provider):
        wait_until(lambda: len(provider.requests) == 4)
        provider.released.set()
        wait_until(lambda: query(url, GOING) == [(0,)])
    ids = [str(run_id) for (run_id,) in query(url, "SELECT id FROM runs ORDER BY id")]
    assert [stored_events(url, run_id) for run_id in ids] == [CANCELLED, LOST, TAKEN_UP]


@pytest.mark.requirement("runs.old-logs")
def test_the_log_of_a_run_that_was_paused_and_resumed(
    client: httpx.Client, database_url: str
) -> None:
    thread_id = new_thread(client, tools=[WEATHER])
    call = {"id": "call-1", "name": "get_weather", "arguments": {"location": "Oslo"}}
    rounds = [
        {"tool_calls": [call], "usage": {"input_tokens": 10, "output_tokens": 4}},
        {"reply": "It snows", "usage": {"input_tokens": 20, "output_tokens": 2}},
    ]
    paused = say(client, thread_id, "How is it?", metadata=script(rounds=rounds))
    assert submit(client, paused, "snow", stream=True).status_code == 200
    call_made = ("call-1", "get_weather", '{"location": "Oslo"}')
    assert stored_events(database_url, paused["run_id"]) == (
        *STARTED,
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 4, 0, "0")}),
        ("call", "message-1", call_made),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "requires_action",
                "content": None,
                "used": (10, 4, 0, "0"),
                "seconds": (0, 0),
                "calls": (call_made,),
            },
        ),
        (
            "run paused",
            {"status": "requires_action", "rounds": 1, "used": (10, 4, 0, "0")},
            call_made,
        ),
        (
            "run started",
            {"status": "in_progress", "rounds": 1, "used": (10, 4, 0, "0")},
            "message-2",
        ),
        ("message started", "message-2", 0),
        ("text", "message-2", "It "),
        ("text", "message-2", "snows"),
        (
            "message finished",
            {
                "id": "message-2",
                "status": "completed",
                "content": "It snows",
                "used": (20, 2, 0, "0"),
                "seconds": (0, 0),
            },
        ),
        ("run completed", {"status": "completed", "rounds": 2, "used": (30, 6, 0, "0")}),
    )
