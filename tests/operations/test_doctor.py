"""What operators ask: /readyz, `pegboard doctor`, `pegboard runs stuck`."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from pegboard.composition.heartbeats import LATE_SECONDS, Heartbeats
from tests.conftest import StartServer
from tests.support.deadlines import patience, wait_until
from tests.support.folders import postgres_folder
from tests.support.postgres import empty_database, query
from tests.support.program import pegboard
from tests.support.server import start_server
from tests.support.steps import WEATHER, new_thread, say, script


@pytest.fixture
def folder() -> Iterator[Path]:
    with postgres_folder() as made:
        yield made


def findings(output: str) -> dict[str, tuple[str, str]]:
    """Level and text of each subject."""
    lines = [line.split(maxsplit=2) for line in output.splitlines()]
    return {subject: (level, text) for level, subject, text in lines}


@pytest.mark.requirement("operating.readiness")
def test_a_database_that_hangs_makes_a_server_unready(start: StartServer, folder: Path) -> None:
    server = start(PEGBOARD_DATA_DIR=str(folder))
    (postgres,) = psutil.Process(server.process.pid).children()
    postgres.suspend()
    try:
        for _ in range(2):
            answer = httpx.get(f"{server.url}/readyz", timeout=patience(60))
            assert answer.status_code == 503
            assert any(reason in answer.json()["database"] for reason in ("1.0 s", "Timeout"))
        assert httpx.get(f"{server.url}/healthz", timeout=patience(60)).status_code == 200
    finally:
        postgres.resume()
    wait_until(
        lambda: httpx.get(f"{server.url}/readyz", timeout=patience(60)).json() == {"ready": True}
    )


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE alembic_version SET version_num = 'ae4e4e3fcee2'", "older"),
        ("UPDATE alembic_version SET version_num = 'ffffffffffff'", "newer"),
        ("DROP TABLE alembic_version", "not migrated"),
    ],
)
@pytest.mark.requirement("operating.readiness")
def test_a_schema_that_is_not_ours_makes_a_server_unready(
    start: StartServer, postgres_url: str, statement: str, says: str
) -> None:
    url = empty_database(postgres_url)
    server = start(PEGBOARD_DATABASE_URL=url)
    query(url, statement)
    answer = httpx.get(f"{server.url}/readyz", timeout=patience(60))
    assert answer.status_code == 503
    assert says in answer.json()["database"]


async def test_a_task_that_has_ended_or_lags_is_named() -> None:
    pulses = Heartbeats()
    pulses.beat_of("rescue")
    now = time.monotonic()
    assert pulses.trouble(moment=now) is None
    assert pulses.trouble(moment=now + LATE_SECONDS + 5) == "rescue is 25 s late"
    task = pulses.watch(asyncio.create_task(asyncio.sleep(0), name="jobs"))
    await task
    assert pulses.trouble(moment=now) == "jobs has ended"


@pytest.mark.requirement("operating.secrets-not-logged")
def test_the_doctor_finds_a_served_installation_well(start: StartServer, folder: Path) -> None:
    server = start(PEGBOARD_DATA_DIR=str(folder))
    with server.client("k") as client:
        say(client, new_thread(client), "Hello")
    examined = pegboard(
        "doctor", PEGBOARD_DATA_DIR=str(folder), OPENAI_API_KEY="sk-very-secret-indeed"
    )
    assert examined.returncode == 0, examined.stdout
    assert "very-secret" not in examined.stdout
    by_subject = findings(examined.stdout)
    assert "openai" in by_subject["models"][1]
    assert [subject for subject, (level, _) in by_subject.items() if level != "OK"] == []
    assert set(by_subject) == {
        *(
            "python",
            "extras",
            "disk",
            "embedder",
            "models",
            "access",
            "files",
            "database",
            "pgvector",
        ),
        *("clock", "connections", "schema", "queue", "work", "runs"),
    }
    assert [path for path in (folder / "blobs").rglob("*") if path.is_file()] == []


def test_the_doctor_names_what_does_not_work(
    start: StartServer, postgres_url: str, tmp_path: Path
) -> None:
    url = empty_database(postgres_url)
    start(PEGBOARD_DATABASE_URL=url).stop()
    query(url, "UPDATE alembic_version SET version_num = 'ffffffffffff'")
    (tmp_path / "blobs").touch()
    examined = pegboard(
        "doctor",
        PEGBOARD_DATABASE_URL=url,
        PEGBOARD_DATA_DIR=str(tmp_path),
        PEGBOARD_WORKERS="50",
        PEGBOARD_HOST="0.0.0.0",
        PEGBOARD_AUTH="open",
        PEGBOARD_SANDBOX="always",
    )
    assert examined.returncode == 1
    levels = {subject: level for subject, (level, _) in findings(examined.stdout).items()}
    assert {subject for subject, level in levels.items() if level == "FAIL"} == {
        *("access", "files", "connections", "schema")
    }
    assert levels["models"] == "WARN"


@pytest.mark.requirement("operating.secrets-not-logged")
def test_the_doctor_says_that_a_database_is_away_and_not_its_password() -> None:
    examined = pegboard("doctor", PEGBOARD_DATABASE_URL="postgresql://u:hush@127.0.0.1:1/x")
    assert examined.returncode == 1
    assert findings(examined.stdout)["database"][0] == "FAIL"
    assert "hush" not in examined.stdout + examined.stderr


def test_the_doctor_makes_no_database(tmp_path: Path) -> None:
    examined = pegboard("doctor", PEGBOARD_DATA_DIR=str(tmp_path / "none"))
    assert examined.returncode == 0
    assert findings(examined.stdout)["database"][0] == "WARN"
    assert not (tmp_path / "none").exists()


def test_stuck_runs_are_listed_with_their_owner(postgres_url: str) -> None:
    url = empty_database(postgres_url)
    server = start_server(PEGBOARD_DATABASE_URL=url)
    with server.client("k") as client:
        paused = say(client, new_thread(client, tools=[WEATHER]), "What's the weather in Oslo?")
        thread_id = new_thread(client)
        body = {"content": "x", "stream": True, "metadata": script(reply="a b", delay_ms=60_000)}
        with client.stream("POST", f"/threads/{thread_id}/messages", json=body) as response:
            next(response.iter_lines())
            server.kill()
    server.stop()
    database = {"PEGBOARD_DATABASE_URL": url}
    fresh = pegboard("runs", "stuck", **database)
    assert (fresh.returncode, fresh.stdout) == (0, "")
    query(url, "UPDATE runs SET lease_until = now() - interval '1 minute'")
    query(
        url,
        "UPDATE runs SET created_at = now() - interval '2 hours' WHERE id = CAST(:id AS uuid)",
        id=paused["run_id"],
    )
    ((owner,),) = query(url, "SELECT lease_owner FROM runs WHERE status = 'in_progress'")
    old, abandoned = pegboard("runs", "stuck", **database).stdout.splitlines()
    assert paused["run_id"] in old
    assert "requires_action" in old
    assert "nobody" in old
    assert str(thread_id) in abandoned
    assert f"server {owner}" in abandoned
    assert abandoned.endswith("abandoned")
