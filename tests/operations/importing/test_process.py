"""An import as a process: killed, begun twice, with a server beside it and without one."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import StartServer
from tests.support.deadlines import wait_until
from tests.support.dumps import message, place_of, run_import, thread, write_dump
from tests.support.folders import postgres_folder
from tests.support.openai_wire import bare
from tests.support.postgres import empty_database, query
from tests.support.program import launch
from tests.support.sdk import sdk

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def folder() -> Iterator[Path]:
    with postgres_folder() as made:
        yield made


@pytest.mark.requirement("openai.import")
def test_an_import_that_was_killed_is_completed_by_the_next(
    start: StartServer, postgres_url: str, tmp_path: Path
) -> None:
    url = empty_database(postgres_url)
    server = start(PEGBOARD_DATABASE_URL=url)
    settings = place_of(server, url)
    place, total = thread(), 8_000
    # Ten in each second, so that a break within one is likely.
    messages = [
        message(place["id"], str(number), created_at=1_700_000_200 + number // 10)
        for number in range(total)
    ]
    dump = write_dump(tmp_path, threads=[place], messages=messages)
    with launch("import", "openai", str(dump), PEGBOARD_IMPORT_KEY="k", **settings) as first:
        wait_until(lambda: stored(url) > 0, seconds=60)
        first.send_signal(signal.SIGSTOP)
        refused = run_import(dump, key="k", **settings)
        first.kill()
    before = stored(url)
    assert 0 < before < total
    assert refused.returncode == 1
    assert "running" in refused.stderr
    done = run_import(dump, key="k", **settings)
    assert done.returncode == 0, done.stdout
    assert f"{total - before} imported" in " ".join(done.stdout.split())
    numbers = [str(number) for number in range(total)]
    for order in ("id", "seq"):
        rows = query(url, f"SELECT content FROM messages ORDER BY {order}")
        assert [row[0] for row in rows] == numbers
    with sdk(server, "k") as client:
        oldest = client.beta.threads.messages.list(place["id"], order="asc", limit=1)
        assert oldest.data[0].id == messages[0]["id"]


def stored(url: str) -> int:
    ((count,),) = query(url, "SELECT count(*) FROM messages")
    assert isinstance(count, int)
    return count


def test_an_import_needs_no_server_and_minds_none(
    start: StartServer, folder: Path, tmp_path: Path
) -> None:
    """On a folder's embedded database: before a server is there, while it is, and after."""
    places = [thread(created_at=1_700_000_000 + number) for number in range(3)]
    dumps = [
        write_dump(tmp_path / str(number), threads=[place], messages=[message(place["id"])])
        for number, place in enumerate(places)
    ]
    settings = {"PEGBOARD_DATA_DIR": str(folder)}

    def bring(number: int) -> None:
        done = run_import(dumps[number], key="k", **settings)
        assert done.returncode == 0, done.stderr

    bring(0)
    server = start(**settings)
    with sdk(server, "k") as client:
        assert client.beta.threads.retrieve(places[0]["id"]).id == places[0]["id"]
        bring(1)
        assert client.beta.threads.retrieve(places[1]["id"]).id == places[1]["id"]
    server.stop()
    bring(2)
    again = start(**settings)
    with sdk(again, "k") as client, bare(client) as http:
        listed = [one["id"] for one in http.get("/threads").json()["data"]]
    assert listed == [place["id"] for place in reversed(places)]


def test_a_tenant_that_is_at_work_learns_of_its_import_within_a_moment(
    start: StartServer, postgres_url: str, tmp_path: Path
) -> None:
    url = empty_database(postgres_url)
    server = start(PEGBOARD_DATABASE_URL=url)
    place = thread()
    with sdk(server, "k") as client, bare(client) as http:
        client.beta.threads.create()
        ((tenant_id,),) = query(url, "SELECT id FROM tenants")
        dump = write_dump(tmp_path, threads=[place])
        done = run_import(dump, "--tenant", str(tenant_id), **place_of(server, url))
        assert done.returncode == 0, done.stderr
        wait_until(lambda: place["id"] in http.get("/threads").text, seconds=5)
