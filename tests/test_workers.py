"""Several processes on one port, and how servers stop."""

import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from tests.conftest import StartServer
from tests.support.deadlines import patience, wait_until
from tests.support.folders import postgres_folder
from tests.support.postgres import new_database, query
from tests.support.server import Server
from tests.support.steps import new_thread, say, script


@pytest.fixture
def folder() -> Iterator[Path]:
    with postgres_folder() as made:
        yield made


def processes_of(server: Server) -> list[psutil.Process]:
    """The serving processes of a supervisor."""
    children = psutil.Process(server.process.pid).children()
    return [child for child in children if "pegboard.server.supervision.process" in child.cmdline()]


@contextmanager
def streaming(server: Server, *, reply: str, delay_ms: int) -> Iterator[Callable[[], list[str]]]:
    """A stream that has said a word; gives what it says from then to its end."""
    with server.client("k") as client:
        thread_id = new_thread(client)
        body = {"content": "x", "stream": True, "metadata": script(reply=reply, delay_ms=delay_ms)}
        with client.stream("POST", f"/threads/{thread_id}/messages", json=body) as response:
            lines = response.iter_lines()
            assert response.status_code == 200
            next(line for line in lines if '"content_streaming"' in line)
            yield lambda: [line for line in lines if line.startswith("data:")]


def told_to_stop(server: Server) -> None:
    """Send SIGTERM, and return when it has been heard."""
    server.process.send_signal(signal.SIGTERM)
    wait_until(lambda: httpx.get(f"{server.url}/readyz", timeout=patience(60)).status_code == 503)


def requests_counted(server: Server) -> int:
    exposition = httpx.get(f"{server.url}/metrics", timeout=patience(60)).text
    counted = re.findall(
        r'^pegboard_requests_total\{.*api="backboard".*\} (\S+)$', exposition, re.M
    )
    return int(sum(map(float, counted)))


def test_processes_share_port_data_and_figures(start: StartServer, folder: Path) -> None:
    server = start(PEGBOARD_DATA_DIR=str(folder), PEGBOARD_WORKERS="2")
    assert len(processes_of(server)) == 2
    with server.client("k") as client:
        client.post("/assistants", json={"name": "Ada"})
    # Each client is a connection of its own, and may come to either process.
    for _ in range(19):
        with server.client("k") as client:
            assert [one["name"] for one in client.get("/assistants").json()] == ["Ada"]
    assert requests_counted(server) == 20
    serving = processes_of(server)
    assert server.stop() == 0
    assert not [process for process in serving if process.is_running()]


@pytest.mark.requirement("operating.workers")
def test_a_process_that_dies_is_replaced_and_its_figures_are_kept(
    start: StartServer, postgres_url: str
) -> None:
    server = start(PEGBOARD_DATABASE_URL=new_database(postgres_url), PEGBOARD_WORKERS="2")
    with server.client("k") as client:
        client.get("/assistants")
    dead, left = processes_of(server)
    dead.kill()
    psutil.wait_procs([dead], timeout=patience(20))
    for _ in range(20):
        with server.client("k") as client:
            assert client.get("/assistants").status_code == 200
    wait_until(lambda: len(set(processes_of(server)) - {dead, left}) == 1)
    wait_until(lambda: sum("server_ready" in line for line in server.log) == 3)
    left.kill()
    psutil.wait_procs([left], timeout=patience(20))
    with server.client("k") as client:
        assert client.get("/assistants").status_code == 200
    assert requests_counted(server) == 22


def test_a_process_that_is_told_to_stop_alone_leaves_its_connections_to_the_others(
    start: StartServer, postgres_url: str
) -> None:
    server = start(PEGBOARD_DATABASE_URL=new_database(postgres_url), PEGBOARD_WORKERS="2")
    for process in processes_of(server):
        process.terminate()
        psutil.wait_procs([process], timeout=patience(20))
        for _ in range(10):
            assert httpx.get(f"{server.url}/readyz", timeout=patience(60)).status_code == 200
        wait_until(lambda: len(processes_of(server)) == 2)
        wait_until(lambda: "server_ready" in server.log[-1])
    assert [line for line in server.log if "server_died" in line and "exit code 0" in line]


def test_all_processes_let_streams_end_and_begin_nothing(
    start: StartServer, postgres_url: str
) -> None:
    url = new_database(postgres_url)
    server = start(PEGBOARD_DATABASE_URL=url, PEGBOARD_WORKERS="2")
    with streaming(server, reply="one two three four", delay_ms=500) as rest:
        told_to_stop(server)
        answer = httpx.get(f"{server.url}/readyz", timeout=patience(60))
        assert (answer.status_code, answer.json()) == (503, {"ready": False, "server": "stopping"})
        assert '"run_ended"' in rest()[-1]
    assert server.process.wait(patience(20)) == 0
    assert query(url, "SELECT status, content FROM messages ORDER BY seq") == [
        ("completed", "x"),
        ("completed", "one two three four"),
    ]


@pytest.mark.requirement("operating.stopping")
def test_a_server_that_stops_refuses_work_in_the_dialect_of_each_api(start: StartServer) -> None:
    server = start()
    with streaming(server, reply="one two three four", delay_ms=500) as rest:
        told_to_stop(server)
        with server.client("k") as client:
            refused = client.post("/assistants", json={"name": "Ada"})
            assert client.get("/assistants").status_code == 200
        assert refused.status_code == 503
        assert refused.json() == {"detail": "The server is being stopped; try again"}
        assert refused.headers["retry-after"] == "1"
        assert refused.headers["connection"] == "close"
        refused = httpx.post(
            f"{server.url}/v1/threads", headers={"Authorization": "Bearer k"}, timeout=patience(60)
        )
        assert refused.status_code == 503
        assert refused.json()["error"]["type"] == "server_error"
        assert '"run_ended"' in rest()[-1]
    assert server.process.wait(patience(20)) == 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_told_twice_a_server_ends_at_once_and_says_so_in_its_streams(
    start: StartServer, workers: str, postgres_url: str
) -> None:
    server = start(
        PEGBOARD_DATABASE_URL=new_database(postgres_url),
        PEGBOARD_WORKERS=workers,
        PEGBOARD_GRACE_SECONDS="300",
    )
    with streaming(server, reply="word " * 300, delay_ms=200) as rest:
        told_to_stop(server)
        server.process.send_signal(signal.SIGINT)
        assert rest()  # what became of the run, and not just a connection that is cut
    assert server.process.wait(patience(15)) == 0


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.requirement("operating.stopping")
def test_runs_that_outlast_the_grace_are_ended(
    start: StartServer, workers: str, postgres_url: str
) -> None:
    server = start(
        PEGBOARD_DATABASE_URL=new_database(postgres_url),
        PEGBOARD_WORKERS=workers,
        PEGBOARD_GRACE_SECONDS="0.5",
    )
    with streaming(server, reply="word " * 300, delay_ms=200) as rest:
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert rest()  # what became of the run, and not just a connection that is cut
    assert server.process.wait(patience(15)) == 0
    assert time.monotonic() - began >= 0.5


@pytest.mark.requirement("operating.workers")
def test_processes_end_with_a_supervisor_that_was_killed(start: StartServer, folder: Path) -> None:
    first = start(PEGBOARD_DATA_DIR=str(folder), PEGBOARD_WORKERS="2")
    with first.client("k") as client:
        client.post("/assistants", json={"name": "Ada"})
    children = psutil.Process(first.process.pid).children(recursive=True)
    first.kill()
    psutil.wait_procs(children, timeout=patience(20))
    assert not [child for child in children if child.is_running()]
    second = start(PEGBOARD_DATA_DIR=str(folder), PEGBOARD_WORKERS="2")
    with second.client("k") as client:
        assert [one["name"] for one in client.get("/assistants").json()] == ["Ada"]
        assert say(client, new_thread(client), "Go on")["status"] == "COMPLETED"


def test_processes_that_always_die_end_their_supervisor(
    start: StartServer, postgres_url: str
) -> None:
    url = new_database(postgres_url)
    settings = {"PEGBOARD_DATABASE_URL": url, "PEGBOARD_BOOTSTRAP_KEY": "pb_bootstrap"}
    start(**settings).stop()
    query(url, "UPDATE api_keys SET revoked_at = now()")
    with pytest.raises(RuntimeError, match="died at once") as failed:
        start(**settings, PEGBOARD_WORKERS="2")
    assert "The key is revoked" in str(failed.value)
