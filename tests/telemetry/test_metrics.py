"""What Prometheus is told."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from pegboard.db.engine import open_engine
from tests.conftest import StartServer
from tests.support.deadlines import patience, wait_until
from tests.support.postgres import new_database
from tests.support.program import execute
from tests.support.scrape import becomes, families, series, value
from tests.support.server import Server, start_server
from tests.support.steps import WEATHER, new_thread, say, script

_TABLE = Path(__file__).parents[2] / "docs" / "metrics.md"
_ROW = re.compile(r"^\| `(\w+)` \| (\w+) \|([^|]*)\|", re.M)
_SUFFIX = {"counter": "_total"}


@pytest.fixture(scope="module")
def database(postgres_url: str) -> str:
    return new_database(postgres_url)


@pytest.fixture(scope="module")
def server(database: str) -> Iterator[Server]:
    """A server of this module's own, whose figures nobody else changes."""
    running = start_server(PEGBOARD_DATABASE_URL=database)
    yield running
    running.stop()


def _drive(client: httpx.Client) -> None:
    url = f"/threads/{new_thread(client)}/messages"
    say(client, url.split("/")[2], "Hi")
    client.post(url, json={"content": "Hi", "stream": True})
    client.post(url, json={"content": "Hi", "metadata": script(error={"status": 500})})


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.requirement("operating.metrics")
def test_the_table_of_metrics_is_what_a_server_tells(
    start: StartServer, tmp_path: Path, several: bool
) -> None:
    folder = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)} if several else {}
    running = start(execute, **folder)  # which way to count is chosen at the import
    with running.client() as client:
        _drive(client)
        served = {
            (family.name + _SUFFIX.get(family.type, ""), family.type): frozenset(
                label for sample in family.samples for label in sample.labels if label != "le"
            )
            for family in families(running)
            if not family.name.endswith("_created")
        }
    written = {
        (name, kind): frozenset(re.findall(r"`(\w+)`", labels))
        for name, kind, labels in _ROW.findall(_TABLE.read_text())
    }
    assert served == written


def test_tokens_and_failures_are_counted_by_provider(server: Server, client: httpx.Client) -> None:
    thread_id = new_thread(client)
    counted = {
        "input": value(server, "pegboard_tokens_total", model="gpt-4o", kind="input"),
        "output": value(server, "pegboard_tokens_total", model="gpt-4o", kind="output"),
    }
    failed = value(server, "pegboard_provider_errors_total", provider="openai")
    answer = say(client, thread_id, "Hi", llm_provider="openai", model_name="gpt-4o")
    client.post(
        f"/threads/{thread_id}/messages",
        json={"content": "Hi", "metadata": script(error={"status": 429})},
    )
    for kind, before in counted.items():
        figure = value(server, "pegboard_tokens_total", model="gpt-4o", kind=kind)
        assert figure - before == answer[f"{kind}_tokens"]
    assert value(server, "pegboard_provider_errors_total", provider="openai") - failed == 1
    kinds = {labels["kind"] for labels, _ in series(server, "pegboard_provider_errors_total")}
    assert "rate_limit_exceeded" in kinds


def test_only_streamed_runs_have_a_first_token(server: Server, client: httpx.Client) -> None:
    name = "pegboard_time_to_first_token_seconds_count"
    thread_id = new_thread(client)
    before = value(server, name, provider="openai")
    say(client, thread_id, "Hi")
    assert value(server, name, provider="openai") == before
    client.post(f"/threads/{thread_id}/messages", json={"content": "Hi", "stream": True})
    assert value(server, name, provider="openai") == before + 1


@pytest.mark.requirement("operating.metrics")
def test_clients_cannot_make_series(server: Server, client: httpx.Client) -> None:
    thread_id = new_thread(client)
    # One of each kind first: the series of `openai` and of `other` may not be there yet.
    say(client, thread_id, "Hi", model_name="madeup-0", llm_provider="openai")
    say(client, thread_id, "Hi", model_name="madeup-0", llm_provider="madeup-0")
    client.request("MADEUP-0", "/assistants")
    client.get("/madeup-0")
    families(server)  # a request is counted once it is answered, and this scrape is one as well
    before = sum(len(family.samples) for family in families(server))
    for number in range(1, 12):
        made_up = f"madeup-{number}"
        say(client, thread_id, "Hi", model_name=made_up, llm_provider="openai")
        say(client, thread_id, "Hi", model_name=made_up, llm_provider=made_up)
        client.request(made_up.upper(), "/assistants")
        client.get(f"/{made_up}")
    labels = str([sample.labels for family in families(server) for sample in family.samples])
    assert "madeup" not in labels.lower()
    # At most those of `openai` with the model `other`: three kinds of tokens, with their dates.
    assert sum(len(family.samples) for family in families(server)) - before <= 6


def test_what_is_going_on_is_a_gauge_that_comes_down_again(
    server: Server, client: httpx.Client
) -> None:
    body = {"content": "x", "stream": True, "metadata": script(reply="a b", delay_ms=1_500)}
    with client.stream("POST", f"/threads/{new_thread(client)}/messages", json=body) as response:
        lines = response.iter_lines()
        next(line for line in lines if "content_streaming" in line)
        assert value(server, "pegboard_streams_open", api="backboard") == 1
        assert value(server, "pegboard_runs_in_progress") == 1
        becomes(server, 1, "pegboard_runs_unfinished", status="in_progress")
        list(lines)
    becomes(server, 0, "pegboard_streams_open", api="backboard")
    becomes(server, 0, "pegboard_runs_in_progress")
    becomes(server, 0, "pegboard_runs_unfinished", status="in_progress")


def test_paused_runs_are_unfinished_but_not_in_progress(
    server: Server, client: httpx.Client
) -> None:
    waiting = value(server, "pegboard_runs_unfinished", status="requires_action")
    thread_id = new_thread(client, tools=[WEATHER])
    say(client, thread_id, "What's the weather in Oslo?")
    becomes(server, waiting + 1, "pegboard_runs_unfinished", status="requires_action")
    assert value(server, "pegboard_runs_in_progress") == 0


def test_the_depth_of_the_queue_is_told(start: StartServer, postgres_url: str) -> None:
    url = new_database(postgres_url)
    server = start(PEGBOARD_DATABASE_URL=url, PEGBOARD_JOBS="0")
    becomes(server, 0, "pegboard_jobs_waiting", job="index_document")
    with server.client() as client:
        for number in range(3):
            name = f"{number}.txt"
            path = f"/threads/{new_thread(client)}/documents"
            assert client.post(path, files={"file": (name, b"x")}).status_code == 200
    becomes(server, 3, "pegboard_jobs_waiting", job="index_document")
    assert value(server, "pegboard_jobs_running") == 0


def test_a_scrape_does_not_wait_for_the_database(server: Server, database: str) -> None:
    age = "pegboard_database_reading_age_seconds"
    assert value(server, age) < 10
    with _locked(database, "pgqueuer"):
        # Answered at all while the lock is held, it has not waited for it.
        while value(server, age) < 2.5:
            assert series(server, "pegboard_jobs_waiting") != []  # as it was last read
    wait_until(lambda: value(server, age) < 1.5, seconds=30)


def test_what_a_dead_process_had_open_is_not_told(start: StartServer, tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    folder = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "figures")}
    first, second = start(execute, **folder), start(execute, **folder)
    body = {"content": "x", "stream": True, "metadata": script(reply="word " * 300, delay_ms=100)}
    with first.client() as client:
        url = f"/threads/{new_thread(client)}/messages"
        with client.stream("POST", url, json=body) as response:
            lines = response.iter_lines()  # let go of, it would end the stream
            next(line for line in lines if "content_streaming" in line)
            assert value(second, "pegboard_streams_open") == 1
            requests = value(second, "pegboard_requests_total", api="backboard")
            first.kill()
    assert requests == 2
    assert value(second, "pegboard_requests_total", api="backboard") == 2
    assert value(second, "pegboard_streams_open") == 0


@contextmanager
def _locked(database: str, table: str) -> Iterator[None]:
    """A table that nobody can read, for as long as the block."""
    locked, done = threading.Event(), threading.Event()

    async def hold() -> None:
        engine = open_engine(database, pool_size=1)
        async with engine.begin() as connection:
            await connection.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
            locked.set()
            await asyncio.to_thread(done.wait, 60)
        await engine.dispose()

    holding = threading.Thread(target=asyncio.run, args=(hold(),))
    holding.start()
    try:
        assert locked.wait(patience(30))
        yield
    finally:
        done.set()
        holding.join()
