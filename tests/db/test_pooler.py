"""A real pgbouncer between server and Postgres, in both of its modes."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import httpx
import pytest

from pegboard.db.address import read_address
from pegboard.db.pooling import Pooling, find_pooling
from tests.conftest import StartServer
from tests.support.deadlines import patience
from tests.support.documents import indexed
from tests.support.folders import postgres_folder
from tests.support.pgbouncer import PROGRAM, running_pgbouncer
from tests.support.postgres import empty_database, query
from tests.support.program import pegboard
from tests.support.steps import WEATHER, messages_of, new_thread, say, script, submit

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="there is no pgbouncer here")


class Between(Protocol):
    def __call__(
        self, url: str, *, mode: str, pool: int = 20, more: str = ""
    ) -> AbstractContextManager[str]: ...


@pytest.fixture
def folder() -> Iterator[Path]:
    with postgres_folder() as made:
        yield made


@pytest.fixture
def between(folder: Path) -> Between:
    """A pgbouncer, by the URL of the database behind it."""

    def start(
        url: str, *, mode: str, pool: int = 20, more: str = ""
    ) -> AbstractContextManager[str]:
        return running_pgbouncer(url, mode=mode, folder=folder, pool=pool, more=more)

    return start


@pytest.mark.parametrize(
    ("mode", "more", "pool", "pooling"),
    [
        ("session", "", 20, Pooling.SESSION),
        ("transaction", "", 20, Pooling.TRANSACTION),
        ("transaction", "server_round_robin = 1", 20, Pooling.TRANSACTION),
        ("transaction", "ignore_startup_parameters = jit", 20, Pooling.TRANSACTION),
        ("transaction", "", 1, Pooling.TRANSACTION),
    ],
)
async def test_what_is_between_is_found_out(
    database_url: str, between: Between, mode: str, more: str, pool: int, pooling: Pooling
) -> None:
    assert await find_pooling(read_address(database_url)) is Pooling.NONE
    with between(database_url, mode=mode, pool=pool, more=more) as url:
        assert await find_pooling(read_address(url)) is pooling


def test_a_server_behind_a_pool_of_sessions_works_as_without(
    start: StartServer, postgres_url: str, between: Between
) -> None:
    with between(empty_database(postgres_url), mode="session", pool=60) as url:
        server = start(PEGBOARD_DATABASE_URL=url)
        with server.client("k") as client:
            assert say(client, new_thread(client), "Hello")["status"] == "COMPLETED"
        assert httpx.get(f"{server.url}/readyz", timeout=patience(60)).json() == {"ready": True}
        assert server.stop() == 0


@pytest.mark.requirement("operating.poolers")
def test_a_server_behind_a_pool_of_transactions_keeps_its_promises(
    start: StartServer, postgres_url: str, between: Between
) -> None:
    direct = empty_database(postgres_url)
    # Fewer processes of Postgres than the server has connections: they are dealt out anew.
    with between(direct, mode="transaction", pool=3) as url:
        addresses = {"PEGBOARD_DATABASE_URL": url, "PEGBOARD_DATABASE_DIRECT_URL": direct}
        server = start(**addresses, PEGBOARD_WORKERS="2", PEGBOARD_AUTH="keys")
        made = pegboard("keys", "create", "--requests-per-minute", "9000", **addresses)
        assert made.returncode == 0, made.stderr
        with server.client(made.stdout.strip()) as client:
            paused = say(client, new_thread(client, tools=[WEATHER]), "What's the weather in Oslo?")
            assert "snow" in submit(client, paused, "snow").json()["content"]
            thread_id = new_thread(client)
            headers = {"Idempotency-Key": "once"}
            path = f"/threads/{thread_id}/messages"
            body = {"content": "x", "metadata": script(reply="one")}
            first = client.post(path, json=body, headers=headers)
            assert client.post(path, json=body, headers=headers).content == first.content
            with client.stream("POST", path, json={**body, "stream": True}) as stream:
                assert '"run_ended"' in [line for line in stream.iter_lines() if line][-1]
            assert len(messages_of(client, thread_id)) == 4
            indexed(client, f"/threads/{thread_id}", "note.md", b"# Lighthouse\n\nPainted blue.")
            for _ in range(20):
                with server.client(made.stdout.strip()) as another:
                    assert another.get("/assistants").status_code == 200
        assert httpx.get(f"{server.url}/readyz", timeout=patience(60)).json() == {"ready": True}
        examined = pegboard("doctor", **addresses)
        assert "pools by transaction" in examined.stdout
        assert server.stop() == 0
        wrong = [line for line in server.log if "error" in line or "exception" in line]
        assert wrong == []
    assert query(direct, "SELECT count(*) FROM runs WHERE status = 'completed'") == [(3,)]


@pytest.mark.parametrize(
    "command", [("serve", "--port", "0"), ("worker",), ("migrate",), ("keys", "list"), ("doctor",)]
)
@pytest.mark.requirement("operating.poolers")
def test_a_pool_of_transactions_alone_is_refused_with_the_reason(
    database_url: str, between: Between, command: tuple[str, ...]
) -> None:
    with between(database_url, mode="transaction") as url:
        refused = pegboard(*command, PEGBOARD_DATABASE_URL=url)
    assert refused.returncode != 0
    output = refused.stdout if command == ("doctor",) else refused.stderr
    assert "PEGBOARD_DATABASE_DIRECT_URL" in output
    assert "Traceback" not in refused.stderr
