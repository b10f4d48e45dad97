"""`pegboard backup` and `pegboard restore`, beside running servers."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import boto3
import httpx
import pytest
from sqlalchemy import text

from pegboard.db.engine import open_engine
from tests.conftest import StartServer
from tests.support.deadlines import patience, wait_until
from tests.support.folders import postgres_folder
from tests.support.postgres import empty_database, query
from tests.support.program import pegboard
from tests.support.s3 import running_s3
from tests.support.server import Server
from tests.support.steps import messages_of, new_thread, say


@pytest.fixture
def folder() -> Iterator[Path]:
    with postgres_folder() as made:
        yield made


@pytest.fixture
def other() -> Iterator[Path]:
    with postgres_folder() as made:
        yield made


def file_of(server: Server, content: bytes, name: str = "notes.txt") -> str:
    """Upload a file at OpenAI's API; its id."""
    answer = httpx.post(
        f"{server.url}/v1/files",
        headers={"Authorization": "Bearer k"},
        data={"purpose": "user_data"},
        files={"file": (name, content)},
        timeout=patience(60),
    )
    assert answer.status_code == 200, answer.text
    file_id: str = answer.json()["id"]
    return file_id


def file_at(server: Server, file_id: str) -> bytes:
    answer = httpx.get(
        f"{server.url}/v1/files/{file_id}/content",
        headers={"Authorization": "Bearer k"},
        timeout=patience(60),
    )
    assert answer.status_code == 200, answer.text
    return answer.content


def remove_file(server: Server, file_id: str) -> None:
    answer = httpx.delete(
        f"{server.url}/v1/files/{file_id}",
        headers={"Authorization": "Bearer k"},
        timeout=patience(60),
    )
    assert answer.status_code == 200, answer.text


def with_data(server: Server) -> tuple[str, str]:
    """A conversation and a document; the ids of thread and assistant."""
    with server.client("k") as client:
        thread_id = new_thread(client)
        say(client, thread_id, "My name is Sarah.")
        assistant_id = client.get(f"/threads/{thread_id}").json()["assistant_id"]
        sent = client.post(
            f"/assistants/{assistant_id}/documents",
            files={"file": ("ports.txt", b"The harbour of Oslo opens at seven.")},
        )
        assert sent.status_code == 200, sent.text
        wait_until(
            lambda: (
                [
                    one["status"]
                    for one in client.get(f"/assistants/{assistant_id}/documents").json()
                ]
                == ["indexed"]
            )
        )
    return thread_id, assistant_id


def holds_what_was_told(server: Server, thread_id: str, assistant_id: str) -> bool:
    with server.client("k") as client:
        assert messages_of(client, thread_id)[0] == ("user", "COMPLETED", "My name is Sarah.")
        assert "Sarah" in say(client, thread_id, "What is my name?")["content"]
        (document,) = client.get(f"/assistants/{assistant_id}/documents").json()
        assert (document["filename"], document["status"]) == ("ports.txt", "indexed")
        other_thread = client.post(f"/assistants/{assistant_id}/threads", json={}).json()
        answer = say(client, other_thread["thread_id"], "When does the harbour of Oslo open?")
        assert "seven" in answer["content"]
    return True


def test_an_embedded_database_moves_to_a_postgres_and_back(
    start: StartServer, folder: Path, other: Path, postgres_url: str, tmp_path: Path
) -> None:
    first = start(PEGBOARD_DATA_DIR=str(folder))
    ids = with_data(first)
    file_id = file_of(first, b"first")
    taken = pegboard("backup", str(tmp_path / "one"), PEGBOARD_DATA_DIR=str(folder))
    assert taken.returncode == 0, taken.stderr
    assert (tmp_path / "one").stat().st_mode & 0o777 == 0o700
    first.stop()

    external = {
        "PEGBOARD_DATABASE_URL": empty_database(postgres_url),
        "PEGBOARD_DATA_DIR": str(tmp_path / "data"),
    }
    restored = pegboard("restore", str(tmp_path / "one"), **external)
    assert restored.returncode == 0, restored.stderr
    second = start(**external)
    assert holds_what_was_told(second, *ids)
    assert file_at(second, file_id) == b"first"
    later_id = file_of(second, b"second")
    taken = pegboard("backup", str(tmp_path / "two"), **external)
    assert taken.returncode == 0, taken.stderr

    restored = pegboard("restore", str(tmp_path / "two"), PEGBOARD_DATA_DIR=str(other))
    assert restored.returncode == 0, restored.stderr
    third = start(PEGBOARD_DATA_DIR=str(other))
    assert holds_what_was_told(third, *ids)
    assert [file_at(third, file_id), file_at(third, later_id)] == [b"first", b"second"]


@pytest.mark.requirement("operating.backup")
def test_what_was_acknowledged_before_is_in_a_backup_taken_amid_writes_and_removals(
    start: StartServer, postgres_url: str, tmp_path: Path
) -> None:
    settings = {
        "PEGBOARD_DATABASE_URL": empty_database(postgres_url),
        "PEGBOARD_DATA_DIR": str(tmp_path / "data"),
    }
    server = start(**settings)
    before = {file_of(server, f"before {number}".encode()): number for number in range(20)}
    enough = threading.Event()

    def keep_changing() -> None:
        doomed = list(before)[10:]
        while not enough.is_set():
            file_of(server, b"meanwhile")
            if doomed:
                remove_file(server, doomed.pop())

    changing = threading.Thread(target=keep_changing)
    changing.start()
    try:
        taken = pegboard("backup", str(tmp_path / "taken"), **settings)
    finally:
        enough.set()
        changing.join()
    assert (taken.returncode, taken.stderr) == (0, "")
    again = {
        "PEGBOARD_DATABASE_URL": empty_database(postgres_url),
        "PEGBOARD_DATA_DIR": str(tmp_path / "other"),
    }
    assert pegboard("restore", str(tmp_path / "taken"), **again).returncode == 0
    restored = start(**again)
    for file_id in list(before)[:10]:
        assert file_at(restored, file_id) == f"before {before[file_id]}".encode()
    listed = httpx.get(
        f"{restored.url}/v1/files?limit=10000",
        headers={"Authorization": "Bearer k"},
        timeout=patience(60),
    ).json()["data"]
    for one in listed:
        assert len(file_at(restored, one["id"])) == one["bytes"]


@pytest.mark.requirement("operating.backup")
def test_bytes_are_not_removed_while_a_backup_is_being_taken(
    start: StartServer, postgres_url: str, tmp_path: Path
) -> None:
    url = empty_database(postgres_url)
    settings = {"PEGBOARD_DATABASE_URL": url, "PEGBOARD_DATA_DIR": str(tmp_path / "data")}
    server = start(**settings)
    file_id = file_of(server, b"wanted")

    def stored() -> list[Path]:
        return [path for path in (tmp_path / "data" / "blobs").rglob("*") if path.is_file()]

    def put_off() -> bool:
        return query(
            url,
            "SELECT count(*) FROM pgqueuer"
            " WHERE entrypoint = 'remove_blob' AND execute_after > now() + interval '5 seconds'",
        ) == [(1,)]

    async def hold_and_remove() -> str:
        engine = open_engine(url, pool_size=1)
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(7238104552)"))
            await asyncio.to_thread(remove_file, server, file_id)
            await asyncio.to_thread(wait_until, put_off)
            refused = await asyncio.to_thread(
                lambda: pegboard("backup", str(tmp_path / "taken"), **settings)
            )
            assert len(stored()) == 1
        await engine.dispose()
        return refused.stderr

    assert "Another backup" in asyncio.run(hold_and_remove())
    assert not (tmp_path / "taken").exists()
    wait_until(lambda: not stored())


def test_files_of_a_bucket_are_backed_up_and_restored_into_one(
    start: StartServer, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_s3() as address:
        access = {
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": address,
        }
        for name, value in access.items():
            monkeypatch.setenv(name, value)
        boto3.client("s3").create_bucket(Bucket="files")
        bucket = {**access, "PEGBOARD_BLOBS_BUCKET": "files"}
        url, other = empty_database(postgres_url), empty_database(postgres_url)
        server = start(PEGBOARD_DATABASE_URL=url, **bucket)
        file_id = file_of(server, b"in a bucket")
        taken = pegboard("backup", str(tmp_path / "taken"), PEGBOARD_DATABASE_URL=url, **bucket)
        assert (taken.returncode, taken.stderr) == (0, "")
        elsewhere = {
            **bucket,
            "PEGBOARD_BLOBS_PREFIX": "elsewhere/",
            "PEGBOARD_DATABASE_URL": other,
        }
        restored = pegboard("restore", str(tmp_path / "taken"), **elsewhere)
        assert restored.returncode == 0, restored.stderr
        server.stop()
        assert file_at(start(**elsewhere), file_id) == b"in a bucket"


@pytest.fixture
def taken(start: StartServer, postgres_url: str, tmp_path: Path) -> Path:
    """A backup of one file and of who owns it."""
    settings = {
        "PEGBOARD_DATABASE_URL": empty_database(postgres_url),
        "PEGBOARD_DATA_DIR": str(tmp_path / "data"),
    }
    file_of(start(**settings), b"kept")
    assert pegboard("backup", str(tmp_path / "taken"), **settings).returncode == 0
    return tmp_path / "taken"


def refused(taken: Path, url: str, tmp_path: Path) -> str:
    """What `restore` says, which must change nothing."""
    failed = pegboard(
        "restore",
        str(taken),
        PEGBOARD_DATABASE_URL=url,
        PEGBOARD_DATA_DIR=str(tmp_path / "other"),
    )
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr
    assert not list((tmp_path / "other").rglob("*"))
    return failed.stderr


def tables(url: str) -> list[tuple[object, ...]]:
    return query(
        url,
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND oid > 16384"
        " AND relnamespace = 'public'::regnamespace",
    )


@pytest.mark.requirement("operating.restore")
def test_a_database_that_holds_anything_is_left_alone(
    start: StartServer, taken: Path, postgres_url: str, tmp_path: Path
) -> None:
    url = empty_database(postgres_url)
    query(url, "CREATE TABLE others (id int)")
    assert "empty" in refused(taken, url, tmp_path)
    assert tables(url) == [("others",)]


@pytest.mark.parametrize("pattern", ["tables/files.copy", "blobs/*/*", "manifest.json"])
@pytest.mark.requirement("operating.restore")
def test_a_backup_that_has_changed_is_refused(
    taken: Path, pattern: str, postgres_url: str, tmp_path: Path
) -> None:
    (part,) = taken.glob(pattern)
    part.write_bytes(part.read_bytes()[:-1] + b"?")
    url = empty_database(postgres_url)
    assert part.name in refused(taken, url, tmp_path)
    assert tables(url) == []


@pytest.mark.requirement("operating.restore")
def test_a_restore_that_fails_half_way_leaves_nothing(
    taken: Path, postgres_url: str, tmp_path: Path
) -> None:
    manifest = json.loads((taken / "manifest.json").read_text())
    for table in manifest["tables"]:
        if table["name"] == "tenants":
            table["rows"] += 1
    (taken / "manifest.json").write_text(json.dumps(manifest))
    url = empty_database(postgres_url)
    assert "tenants" in refused(taken, url, tmp_path)
    assert tables(url) == []


def test_a_backup_of_a_newer_schema_is_refused(
    taken: Path, postgres_url: str, tmp_path: Path
) -> None:
    manifest = json.loads((taken / "manifest.json").read_text())
    (taken / "manifest.json").write_text(json.dumps({**manifest, "revision": "ffffffffffff"}))
    assert "newer" in refused(taken, empty_database(postgres_url), tmp_path)


def test_a_backup_cannot_write_outside_the_store(
    taken: Path, postgres_url: str, tmp_path: Path
) -> None:
    manifest = json.loads((taken / "manifest.json").read_text())
    manifest["blobs"][0]["key"] = "../../escaped"
    (taken / "manifest.json").write_text(json.dumps(manifest))
    assert "no key" in refused(taken, empty_database(postgres_url), tmp_path)
    assert not list(tmp_path.rglob("escaped"))


def test_nothing_is_written_over_and_nothing_is_made_of_nothing(
    taken: Path, postgres_url: str, tmp_path: Path
) -> None:
    url = empty_database(postgres_url)
    over = pegboard("backup", str(taken), PEGBOARD_DATABASE_URL=url)
    assert (over.returncode, "exists" in over.stderr) == (1, True)
    empty = pegboard("backup", str(tmp_path / "new"), PEGBOARD_DATABASE_URL=url)
    assert (empty.returncode, "nothing to back up" in empty.stderr) == (1, True)
    nowhere = pegboard("backup", str(tmp_path / "new"), PEGBOARD_DATA_DIR=str(tmp_path / "none"))
    assert (nowhere.returncode, "nothing to back up" in nowhere.stderr) == (1, True)
    assert not (tmp_path / "none").exists()
    assert [path.name for path in tmp_path.iterdir() if "new" in path.name] == []
