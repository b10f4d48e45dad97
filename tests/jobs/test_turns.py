"""Background work of several tenants is done in turn, told by the order in which it is over."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from tests.conftest import StartServer
from tests.support.deadlines import patience, wait_until
from tests.support.documents import finished, upload
from tests.support.folders import postgres_folder
from tests.support.memories import settled
from tests.support.postgres import new_database, query
from tests.support.server import Server
from tests.support.steps import new_thread, say

MANY = 60
SOON = 12
"""How many of another's may be done first: those being worked at by two processes, and some."""

_DONE_BEFORE = """
    SELECT count(*) FROM {table} it JOIN {table} mine ON mine.id = :mine
    WHERE it.{moment} < mine.{moment} AND it.status IN ('indexed', 'completed')
"""


@pytest.fixture
def url(postgres_url: str) -> str:
    return new_database(postgres_url)


@pytest.fixture
def place(url: str) -> Iterator[dict[str, str]]:
    """Settings of servers that share their data."""
    with postgres_folder() as folder:
        yield {"PEGBOARD_DATABASE_URL": url, "PEGBOARD_DATA_DIR": str(folder)}


@contextmanager
def asking(start: StartServer, place: dict[str, str]) -> Iterator[Server]:
    """A server that takes orders and does no background work."""
    server = start(**place, PEGBOARD_JOBS="0")
    yield server
    server.stop()


def many_files(client: httpx.Client, thread_id: str, count: int) -> None:
    def send(number: int) -> None:
        upload(client, f"/threads/{thread_id}", f"{number}.txt", f"Note number {number}.".encode())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, range(count)))


@pytest.mark.requirement("tenants.fair-turns")
def test_one_file_does_not_wait_for_all_of_another_tenants(
    start: StartServer, url: str, place: dict[str, str]
) -> None:
    with asking(start, place) as server, server.client() as first:
        many_files(first, new_thread(first), MANY)
        with server.client("second") as second:
            one = upload(
                second, f"/threads/{new_thread(second)}", "one.txt", b"Cobalt blue in 1927"
            )
    workers = [start(**place) for _ in range(2)]
    with workers[0].client("second") as second:
        assert finished(second, one)["status"] == "indexed"
    moment = "processing_completed_at"
    earlier = query(
        url, _DONE_BEFORE.format(table="documents", moment=moment), mine=one["document_id"]
    )
    assert earlier < [(SOON,)]


def test_one_lesson_does_not_wait_for_all_of_another_tenants(
    start: StartServer, url: str, place: dict[str, str]
) -> None:
    with asking(start, place) as server, server.client() as first:
        thread_id = new_thread(first)
        for number in range(MANY):
            fact = f"My friend number {number} lives in Oslo."
            say(first, thread_id, fact, send_to_llm=False, memory="Auto")
        with server.client("second") as second:
            mine = say(
                second, new_thread(second), "I live in Bergen.", send_to_llm=False, memory="Auto"
            )["memory_operation_id"]
    worker = start(**place)
    with worker.client("second") as second:
        assert settled(second, mine)["status"] == "COMPLETED"
    statement = _DONE_BEFORE.format(table="memory_operations", moment="updated_at")
    assert query(url, statement, mine=mine) < [(SOON,)]
    left = "SELECT 1 FROM memory_operations WHERE status = 'in_progress'"
    wait_until(lambda: query(url, left) == [], seconds=120)
    # Each is learnt in its order, without being taken up again and again until that has come.
    taken = query(
        url,
        "SELECT count(*) FROM pgqueuer_log WHERE entrypoint = 'learn' AND status = 'queued'",
    )
    assert taken <= [(3 * (MANY + 1),)]


@pytest.mark.requirement("limits.documents-pending")
def test_files_beyond_those_that_may_wait_are_refused_for_a_while(
    start: StartServer, url: str
) -> None:
    server = start(PEGBOARD_DATABASE_URL=url, PEGBOARD_JOBS="0", PEGBOARD_MAX_PENDING_DOCUMENTS="2")
    with server.client("first") as first, server.client() as second:
        thread_id = new_thread(first)
        many_files(first, thread_id, 2)
        refused = first.post(f"/threads/{thread_id}/documents", files={"file": ("a.txt", b"text")})
        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "15"
        assert refused.json() == {
            "detail": "2 files are waiting to be indexed, and 2 may: try again later"
        }
        upload(second, f"/threads/{new_thread(second)}", "a.txt", b"Another tenant's.")
    with httpx.Client(
        base_url=f"{server.url}/v1", headers={"Authorization": "Bearer first"}, timeout=patience(60)
    ) as client:
        file_id = client.post(
            "/files", files={"file": ("a.txt", b"text")}, data={"purpose": "assistants"}
        ).json()["id"]
        refused = client.post("/vector_stores", json={"file_ids": [file_id]})
        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "15"
        assert refused.json()["error"]["code"] == "too_many_pending_documents"


def test_a_file_that_is_deleted_while_it_is_read_holds_up_no_other(
    start: StartServer, url: str
) -> None:
    """Four that are worked at are all that a tenant has places for."""
    server = start(PEGBOARD_DATABASE_URL=url, PEGBOARD_JOBS_PER_TENANT="4")
    with server.client("first") as client:
        thread_id = new_thread(client)
        long = "\n\n".join(f"Paragraph {n}: {'words and ' * 60}" for n in range(600))
        large = [
            upload(client, f"/threads/{thread_id}", f"{n}.txt", f"{n} {long}".encode())
            for n in range(4)
        ]
        begun = "SELECT count(*) FROM documents WHERE status = 'processing'"
        wait_until(lambda: query(url, begun) == [(4,)])
        for document in large[:2]:
            client.delete(f"/documents/{document['document_id']}")
        client.delete(f"/threads/{thread_id}")
        tiny = upload(client, f"/threads/{new_thread(client)}", "tiny.txt", b"Cobalt blue.")
        assert finished(client, tiny)["status"] == "indexed"
        wait_until(lambda: sum("document_gone" in line for line in server.log) == 4)
    assert not any("Traceback" in line or "fault" in line for line in server.log)
