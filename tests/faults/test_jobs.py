"""Background work whose connection to Postgres breaks in the midst of it."""

import pytest

from tests.conftest import StartServer
from tests.support.deadlines import wait_until
from tests.support.documents import finished, upload
from tests.support.locks import END_WAITING, WAITING, held
from tests.support.memories import settled
from tests.support.postgres import new_database, query
from tests.support.steps import new_thread, say


@pytest.fixture
def url(postgres_url: str) -> str:
    return new_database(postgres_url)


@pytest.mark.requirement("documents.jobs-survive")
def test_a_document_is_read_though_its_reader_was_cut_off(start: StartServer, url: str) -> None:
    server = start(PEGBOARD_DATABASE_URL=url)
    with server.client() as client:
        path = f"/threads/{new_thread(client)}"
        with held(url, "LOCK TABLE chunks IN EXCLUSIVE MODE"):
            document = upload(client, path, "a.txt", b"Painted cobalt blue in 1927.")
            wait_until(lambda: query(url, WAITING) != [(0,)], seconds=60)
            query(url, END_WAITING)
        assert finished(client, document)["status"] == "indexed"


def test_an_exchange_is_learnt_from_though_its_learner_was_cut_off(
    start: StartServer, url: str
) -> None:
    server = start(PEGBOARD_DATABASE_URL=url)
    with server.client() as client:
        thread_id = new_thread(client)
        with held(url, "LOCK TABLE memories IN ACCESS EXCLUSIVE MODE"):
            answer = say(client, thread_id, "My name is Sarah.", send_to_llm=False, memory="Auto")
            wait_until(lambda: query(url, WAITING) != [(0,)], seconds=60)
            query(url, END_WAITING)
        assert settled(client, answer["memory_operation_id"])["status"] == "COMPLETED"
