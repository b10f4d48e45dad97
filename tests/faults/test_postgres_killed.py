"""Postgres killed under a server that many are talking to."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest

from tests.conftest import StartServer
from tests.support.deadlines import wait_until
from tests.support.folders import postgres_folder
from tests.support.server import Server
from tests.support.steps import messages_of, new_thread, say, script

THREADS = 12


@pytest.fixture
def folder() -> Iterator[Path]:
    with postgres_folder() as made:
        yield made


def postmaster_of(server: Server) -> psutil.Process:
    (postmaster,) = psutil.Process(server.process.pid).children()
    return postmaster


@pytest.mark.parametrize("backend", [False, True], ids=["its first process", "a backend"])
@pytest.mark.requirement("runs.database-away")
def test_runs_outlive_postgres_and_no_thread_stays_locked(
    start: StartServer, folder: Path, backend: bool
) -> None:
    server = start(PEGBOARD_DATA_DIR=str(folder))
    with server.client("k") as client, ThreadPoolExecutor(THREADS) as pool:
        threads = [new_thread(client) for _ in range(THREADS)]

        def ask(thread_id: str) -> httpx.Response:
            scene = script(reply="one two three four", delay_ms=1_500)
            body = {"content": "Count", "metadata": scene}
            return client.post(f"/threads/{thread_id}/messages", json=body)

        answers = [pool.submit(ask, thread_id) for thread_id in threads]
        wait_until(lambda: all(messages_of(client, thread_id) for thread_id in threads), seconds=60)
        postmaster = postmaster_of(server)
        if backend:
            backends = postmaster.children()
            mine = next(one for one in backends if "idle" in " ".join(one.cmdline()))
            os.kill(mine.pid, signal.SIGKILL)
        else:
            postmaster.kill()
        bodies = [answer.result().json() for answer in answers]
        assert [one["status"] for one in bodies] == ["COMPLETED"] * THREADS
        wait_until(lambda: client.get("/assistants").status_code == 200, seconds=60)
        for thread_id in threads:
            assert messages_of(client, thread_id) == [
                ("user", "COMPLETED", "Count"),
                ("assistant", "COMPLETED", "one two three four"),
            ]
            assert say(client, thread_id, "Go on")["status"] == "COMPLETED"
