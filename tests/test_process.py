"""The server as a process: killed, stopped, started again; its database likewise."""

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.conftest import StartServer
from tests.support.deadlines import patience, wait_until
from tests.support.folders import postgres_folder
from tests.support.postgres import empty_database, query
from tests.support.program import launch, pegboard
from tests.support.server import start_server
from tests.support.steps import WEATHER, messages_of, new_thread, say, script, submit


@pytest.fixture
def folder() -> Iterator[Path]:
    with postgres_folder() as made:
        yield made


@pytest.fixture(scope="module")
def migrated(postgres_url: str) -> str:
    """A database that a newer version has migrated."""
    url = empty_database(postgres_url)
    assert pegboard("migrate", PEGBOARD_DATABASE_URL=url).returncode == 0
    query(url, "UPDATE alembic_version SET version_num = 'ffffffffffff'")
    return url


@pytest.mark.requirement("runs.paused-survive")
def test_a_paused_run_outlives_its_server(start: StartServer, postgres_url: str) -> None:
    url = empty_database(postgres_url)
    first = start(PEGBOARD_DATABASE_URL=url)
    with first.client("k") as client:
        thread_id = new_thread(client, tools=[WEATHER])
        paused = say(client, thread_id, "What's the weather in Oslo?")
    first.kill()
    second = start(PEGBOARD_DATABASE_URL=url)
    with second.client("k") as client:
        done = submit(client, paused, "snow").json()
        assert done["status"] == "COMPLETED"
        assert "snow" in done["content"]


@pytest.mark.requirement("runs.survive-crash")
def test_a_run_whose_server_was_killed_ends_and_its_thread_lives_on(
    start: StartServer, postgres_url: str
) -> None:
    url = empty_database(postgres_url)
    first = start(PEGBOARD_DATABASE_URL=url)
    with first.client("k") as client:
        thread_id = new_thread(client)
        body = {"content": "x", "stream": True, "metadata": script(reply="a b", delay_ms=2_000)}
        with client.stream("POST", f"/threads/{thread_id}/messages", json=body) as response:
            next(line for line in response.iter_lines() if "content_streaming" in line)
            first.kill()
    query(url, "UPDATE runs SET lease_until = now() - interval '1 second'")
    second = start(PEGBOARD_DATABASE_URL=url)
    with second.client("k") as client:
        wait_until(lambda: len(messages_of(client, thread_id)) == 2)
        assert messages_of(client, thread_id)[-1] == ("assistant", "FAILED", "a ")
        assert say(client, thread_id, "Go on")["status"] == "COMPLETED"
        assert (
            "pegboard_runs_rescued_total 1.0"
            in httpx.get(f"{second.url}/metrics", timeout=patience(60)).text
        )


@pytest.mark.requirement("operating.stopping")
def test_a_server_that_is_told_to_stop_lets_its_run_end(
    start: StartServer, postgres_url: str
) -> None:
    url = empty_database(postgres_url)
    server = start(PEGBOARD_DATABASE_URL=url)
    with server.client("k") as client:
        thread_id = new_thread(client)
        body = {
            "content": "x",
            "stream": True,
            "metadata": script(reply="one two three", delay_ms=200),
        }
        with client.stream("POST", f"/threads/{thread_id}/messages", json=body) as response:
            lines = response.iter_lines()
            next(lines)
            server.process.send_signal(signal.SIGTERM)
            assert '"run_ended"' in [line for line in lines if line][-1]
    assert server.process.wait(patience(20)) == 0
    assert query(url, "SELECT status, content FROM messages ORDER BY seq") == [
        ("completed", "x"),
        ("completed", "one two three"),
    ]


@pytest.mark.requirement("runs.one-a-thread")
def test_two_servers_on_one_database_keep_a_thread_to_one_run(
    start: StartServer, postgres_url: str
) -> None:
    url = empty_database(postgres_url)
    one, other = start(PEGBOARD_DATABASE_URL=url), start(PEGBOARD_DATABASE_URL=url)
    with one.client("k") as here, other.client("k") as there:
        thread_id = new_thread(here)
        body = {
            "content": "1",
            "stream": True,
            "metadata": script(reply="a b c", delay_ms=100),
        }
        with here.stream("POST", f"/threads/{thread_id}/messages", json=body) as response:
            next(response.iter_lines())
            answered = say(there, thread_id, "2", metadata=script(reply="second"))
        assert answered["content"] == "second"
        assert messages_of(here, thread_id) == [
            ("user", "COMPLETED", "1"),
            ("assistant", "COMPLETED", "a b c"),
            ("user", "COMPLETED", "2"),
            ("assistant", "COMPLETED", "second"),
        ]


@pytest.mark.requirement("operating.postgres")
def test_data_in_the_folder_are_there_after_a_crash_and_no_postgres_is_left(
    start: StartServer, folder: Path
) -> None:
    first = start(PEGBOARD_DATA_DIR=str(folder))
    with first.client("k") as client:
        client.post("/assistants", json={"name": "Ada"})
    children = psutil.Process(first.process.pid).children(recursive=True)
    assert any("postgres" in child.name() for child in children)
    first.kill()
    psutil.wait_procs(children, timeout=patience(20))
    assert not [child for child in children if child.is_running()]
    second = start(PEGBOARD_DATA_DIR=str(folder))
    with second.client("k") as client:
        assert [one["name"] for one in client.get("/assistants").json()] == ["Ada"]


def test_a_killed_postgres_is_started_again(start: StartServer, folder: Path) -> None:
    server = start(PEGBOARD_DATA_DIR=str(folder))
    with server.client("k") as client:
        client.post("/assistants", json={"name": "Ada"})
        (postgres,) = psutil.Process(server.process.pid).children()
        postgres.kill()
        refused = client.get("/assistants")
        assert refused.status_code in {200, 503}, refused.text
        wait_until(lambda: client.get("/assistants").status_code == 200)
        wait_until(
            lambda: httpx.get(f"{server.url}/readyz", timeout=patience(60)).status_code == 200
        )
        assert [one["name"] for one in client.get("/assistants").json()] == ["Ada"]


def test_a_second_server_on_the_same_folder_shares_its_data(
    start: StartServer, folder: Path
) -> None:
    first = start(PEGBOARD_DATA_DIR=str(folder))
    second = start(PEGBOARD_DATA_DIR=str(folder))
    with first.client("k") as here, second.client("k") as there:
        here.post("/assistants", json={"name": "Ada"})
        assert [one["name"] for one in there.get("/assistants").json()] == ["Ada"]


@pytest.mark.requirement("operating.readiness")
def test_ready_means_that_the_database_answers(start: StartServer, postgres_url: str) -> None:
    url = empty_database(postgres_url)
    server = start(PEGBOARD_DATABASE_URL=url)
    assert httpx.get(f"{server.url}/readyz", timeout=patience(60)).json() == {"ready": True}
    query(url, "UPDATE alembic_version SET version_num = 'older'")
    assert httpx.get(f"{server.url}/readyz", timeout=patience(60)).status_code == 503
    assert httpx.get(f"{server.url}/healthz", timeout=patience(60)).status_code == 200


def test_keys_are_made_listed_and_revoked(start: StartServer, postgres_url: str) -> None:
    url = empty_database(postgres_url)
    server = start(PEGBOARD_DATABASE_URL=url, PEGBOARD_AUTH="keys")
    database = {"PEGBOARD_DATABASE_URL": url}
    key = pegboard("keys", "create", "--name", "laptop", **database).stdout.strip()
    listed = pegboard("keys", "list", **database).stdout
    assert "laptop" in listed
    assert key[:7] in listed
    assert key not in listed
    assert key not in str(query(url, "SELECT * FROM api_keys"))
    with server.client(key) as client:
        assert client.get("/assistants").status_code == 200
        assert pegboard("keys", "revoke", listed.split()[0], **database).returncode == 0
        wait_until(lambda: client.get("/assistants").status_code == 401, seconds=5)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"PEGBOARD_HOST": "0.0.0.0", "PEGBOARD_AUTH": "open"}, "PEGBOARD_ALLOW_OPEN"),
        ({"PEGBOARD_PORT": "seven"}, "PEGBOARD_PORT"),
        ({"PEGBOARD_AUTH": "perhaps"}, "PEGBOARD_AUTH"),
        ({"PEGBOARD_DATA_DIR": "/proc/nowhere"}, "/proc/nowhere"),
        ({"PEGBOARD_DATABASE_URL": "mysql://x"}, "postgresql://"),
        ({"PEGBOARD_DATABASE_URL": "postgresql://u:hush@127.0.0.1:1/x"}, "database"),
    ],
)
def test_a_start_that_cannot_be_says_why(settings: dict[str, str], says: str) -> None:
    failed = pegboard("serve", **{"PEGBOARD_PORT": "0", **settings})
    assert failed.returncode != 0
    assert says in failed.stderr
    assert "Traceback" not in failed.stderr
    assert "hush" not in failed.stderr


def test_a_taken_port_is_named(start: StartServer, postgres_url: str) -> None:
    server = start()
    port = server.url.rpartition(":")[2]
    failed = pegboard("serve", "--port", port, PEGBOARD_DATABASE_URL=empty_database(postgres_url))
    assert failed.returncode == 1
    assert port in failed.stderr


def test_a_worker_ends_what_dead_servers_left(postgres_url: str) -> None:
    url = empty_database(postgres_url)
    server = start_server(PEGBOARD_DATABASE_URL=url)
    with server.client("k") as client:
        thread_id = new_thread(client)
        body = {"content": "x", "stream": True, "metadata": script(reply="a b", delay_ms=2_000)}
        with client.stream("POST", f"/threads/{thread_id}/messages", json=body) as response:
            next(line for line in response.iter_lines() if "content_streaming" in line)
            server.kill()
    server.stop()
    query(url, "UPDATE runs SET lease_until = now() - interval '1 second'")
    with launch("worker", PEGBOARD_DATABASE_URL=url) as worker:
        try:
            wait_until(lambda: query(url, "SELECT status FROM runs") == [("failed",)])
        finally:
            worker.terminate()
    assert worker.wait(patience(20)) == 0


@pytest.mark.parametrize(
    "command",
    [
        ("serve", "--port", "0"),
        ("serve", "--port", "0", "--workers", "2"),
        ("worker",),
        ("migrate",),
        ("backup", "DIR"),
        ("keys", "list"),
        ("runs", "stuck"),
    ],
)
@pytest.mark.requirement("operating.migrations")
def test_a_database_newer_than_the_program_is_told_in_one_line(
    migrated: str, tmp_path: Path, command: tuple[str, ...]
) -> None:
    words = (str(tmp_path / "copy") if word == "DIR" else word for word in command)
    refused = pegboard(*words, PEGBOARD_DATABASE_URL=migrated)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.count("\n") == 1
    assert "the schema ffffffffffff" in refused.stderr
    assert not (tmp_path / "copy").exists()
