"""Servers that are killed while they carry out a write with an Idempotency-Key.

A lock that the test holds stops the server at a chosen statement; it is killed there, and so is
what it had asked of Postgres.
"""

import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.conftest import StartServer
from tests.support.deadlines import patience, wait_until
from tests.support.keyed import is_replayed, once, seen
from tests.support.locks import END_WAITING, WAITING, held
from tests.support.openai_wire import refusal
from tests.support.postgres import new_database, query
from tests.support.server import Server
from tests.support.steps import messages_of, new_thread, script

Send = Callable[[Server], httpx.Response]

_STOP_AT_ANSWER = """
    CREATE FUNCTION stop() RETURNS trigger AS $$
    BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NEW; END $$ LANGUAGE plpgsql
"""
_ON_ANSWER = """
    CREATE TRIGGER stop BEFORE UPDATE ON idempotent_requests FOR EACH ROW
    WHEN (OLD.written_at IS NOT NULL AND NEW.status IS NOT NULL) EXECUTE FUNCTION stop()
"""


def killed_while(url: str, server: Server, lock: str, send: Send) -> None:
    """Send a request, and kill its server once it waits for the lock."""
    with held(url, lock):
        sender = threading.Thread(target=send_in_vain, args=(send, server))
        sender.start()
        wait_until(lambda: query(url, WAITING) != [(0,)])
        server.kill()
        # Postgres would finish a statement whose client is gone.
        query(url, END_WAITING)
        sender.join()


def send_in_vain(send: Send, server: Server) -> None:
    with pytest.raises(httpx.TransportError):
        send(server)


def let_leases_end(url: str) -> None:
    query(url, "UPDATE idempotent_requests SET lease_until = now() - interval '1 second'")
    query(url, "UPDATE runs SET lease_until = now() - interval '1 second'")


def at_api(path: str, body: dict[str, Any]) -> Send:
    def send(server: Server) -> httpx.Response:
        with server.client("k") as client:
            return client.post(path, json=body, headers=once("once"))

    return send


def at_v1(path: str, body: dict[str, Any] | None = None, **form: Any) -> Send:
    def send(server: Server) -> httpx.Response:
        with openai_wire(server) as wire:
            return wire.post(path, json=body, headers=once("once"), **form)

    return send


def openai_wire(server: Server) -> httpx.Client:
    headers = {"Authorization": "Bearer k"}
    return httpx.Client(base_url=f"{server.url}/v1", headers=headers, timeout=patience(60))


@pytest.mark.requirement("idempotency.crash")
def test_killed_before_anything_was_written_it_is_carried_out_by_the_next(
    start: StartServer, postgres_url: str
) -> None:
    url = new_database(postgres_url)
    first, second = start(PEGBOARD_DATABASE_URL=url), start(PEGBOARD_DATABASE_URL=url)
    send = at_api("/assistants", {"name": "Ada"})
    killed_while(url, first, "LOCK TABLE assistants IN SHARE MODE", send)
    assert query(url, "SELECT status, written_at FROM idempotent_requests") == [(None, None)]
    # The lease of the dead server runs out by itself; nobody needs to help.
    made = send(second)
    assert (made.status_code, is_replayed(made)) == (200, False)
    assert seen(send(second)) == seen(made)
    assert query(url, "SELECT name FROM assistants") == [("Ada",)]


@pytest.mark.requirement("idempotency.crash")
def test_killed_after_the_commit_of_a_plain_write_the_answer_is_there(
    start: StartServer, postgres_url: str
) -> None:
    url = new_database(postgres_url)
    first, second = start(PEGBOARD_DATABASE_URL=url), start(PEGBOARD_DATABASE_URL=url)
    send = at_api("/assistants", {"name": "Ada"})
    # Nothing is stopped by this, as the answer is part of what is written.
    stop_at_answer(url)
    with held(url, "SELECT pg_advisory_xact_lock(7)"):
        first_answer = send(first)
    first.kill()
    again = send(second)
    assert seen(again) == seen(first_answer)
    assert is_replayed(again)
    assert query(url, "SELECT name FROM assistants") == [("Ada",)]


@pytest.mark.parametrize(
    ("path", "body", "form", "table"),
    [
        ("/assistants", {"model": "gpt-4o", "name": "Ada"}, {}, "assistants"),
        ("/threads", {"messages": [{"role": "user", "content": "hi"}]}, {}, "threads"),
        (
            "/files",
            None,
            {"files": {"file": ("a.txt", b"hello")}, "data": {"purpose": "assistants"}},
            "files",
        ),
        ("/vector_stores", {"name": "Shelf"}, {}, "vector_stores"),
    ],
)
def test_killed_before_its_answer_was_kept_a_creation_is_told_from_what_it_made(
    start: StartServer,
    postgres_url: str,
    path: str,
    body: dict[str, Any] | None,
    form: dict[str, Any],
    table: str,
) -> None:
    url = new_database(postgres_url)
    first, second = start(PEGBOARD_DATABASE_URL=url), start(PEGBOARD_DATABASE_URL=url)
    send = at_v1(path, body, **form)
    stop_at_answer(url)
    killed_while(url, first, "SELECT pg_advisory_xact_lock(7)", send)
    go_on(url)
    again = send(second)
    assert again.status_code == 200
    assert is_replayed(again)
    assert query(url, f"SELECT count(*) FROM {table}") == [(1,)]
    with openai_wire(second) as wire:
        assert wire.get(f"{path}/{again.json()['id']}").json() == again.json()
    assert seen(send(second)) == seen(again)


@pytest.mark.requirement("idempotency.crash")
def test_a_run_whose_server_was_killed_is_not_begun_twice(
    start: StartServer, postgres_url: str
) -> None:
    url = new_database(postgres_url)
    first, second = start(PEGBOARD_DATABASE_URL=url), start(PEGBOARD_DATABASE_URL=url)
    with openai_wire(second) as wire:
        assistant = wire.post("/assistants", json={"model": "gpt-4o"}).json()["id"]
        thread = wire.post("/threads", json={}).json()["id"]
        wire.post(f"/threads/{thread}/messages", json={"role": "user", "content": "hi"})
        stop_at_answer(url)
        send = at_v1(f"/threads/{thread}/runs", {"assistant_id": assistant})
        killed_while(url, first, "SELECT pg_advisory_xact_lock(7)", send)
        go_on(url)
        again = send(second)
        assert (again.status_code, is_replayed(again)) == (200, True)
        runs = wire.get(f"/threads/{thread}/runs").json()["data"]
        assert [run["id"] for run in runs] == [again.json()["id"]]


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.requirement("idempotency.crash")
def test_a_message_whose_server_was_killed_is_not_said_twice(
    start: StartServer, postgres_url: str, streaming: bool
) -> None:
    # The run could be executed once more, but then it would take as long again.
    settings = {"PEGBOARD_DATABASE_URL": new_database(postgres_url), "PEGBOARD_RESCUE": "fail"}
    url = settings["PEGBOARD_DATABASE_URL"]
    first, second = start(**settings), start(**settings)
    with second.client("k") as client:
        thread_id = new_thread(client)
        slow = script(reply="a b", delay_ms=60_000)
        body = {"content": "x", "stream": streaming, "metadata": slow}
        send = at_api(f"/threads/{thread_id}/messages", body)
        sender = threading.Thread(target=send_in_vain, args=(send, first))
        sender.start()
        wait_until(lambda: query(url, "SELECT count(*) FROM runs") == [(1,)])
        first.kill()
        sender.join()
        let_leases_end(url)
        lost = send(second)
        assert lost.status_code == 409
        detail = lost.json()["detail"]
        ((run_id, message_id),) = query(
            url, "SELECT runs.id, messages.id FROM runs, messages WHERE role = 'user'"
        )
        assert detail == (
            "The first request with this Idempotency-Key was carried out, but its answer was lost "
            f"when it was cut off. It made message {message_id}, run {run_id}. Look at what is "
            "there; to do the same once more use a new key"
        )
        wait_until(lambda: len(messages_of(client, thread_id)) == 2)
        assert messages_of(client, thread_id) == [
            ("user", "COMPLETED", "x"),
            ("assistant", "FAILED", None),
        ]


def test_a_lost_stream_at_openais_api_names_its_run(start: StartServer, postgres_url: str) -> None:
    url = new_database(postgres_url)
    first, second = start(PEGBOARD_DATABASE_URL=url), start(PEGBOARD_DATABASE_URL=url)
    with openai_wire(second) as wire:
        assistant = wire.post("/assistants", json={"model": "gpt-4o"}).json()["id"]
    body = {
        "assistant_id": assistant,
        "stream": True,
        "thread": {"messages": [{"role": "user", "content": "hi"}]},
    }
    send = at_v1("/threads/runs", body)
    stop_at_answer(url)
    killed_while(url, first, "SELECT pg_advisory_xact_lock(7)", send)
    go_on(url)
    with openai_wire(second) as wire:
        (thread,) = wire.get("/threads").json()["data"]
        (run,) = wire.get(f"/threads/{thread['id']}/runs").json()["data"]
    status, message, _, code = refusal(send(second))
    assert (status, code) == (400, "idempotent_answer_lost")
    assert thread["id"] in message
    assert run["id"] in message


def test_a_server_that_was_silent_too_long_writes_nothing_any_more(
    start: StartServer, postgres_url: str
) -> None:
    url = new_database(postgres_url)
    first, second = start(PEGBOARD_DATABASE_URL=url), start(PEGBOARD_DATABASE_URL=url)
    send = at_api("/assistants", {"name": "Ada"})
    late: list[httpx.Response] = []
    sender = threading.Thread(target=lambda: late.append(send(first)))
    with held(url, "LOCK TABLE assistants IN SHARE MODE"):
        sender.start()
        wait_until(lambda: query(url, WAITING) != [(0,)])
        (before,) = query(url, "SELECT id FROM idempotent_requests")
        follower = threading.Thread(target=lambda: late.append(send(second)))
        follower.start()
        wait_until(lambda: taken_over(url, before))
    sender.join()
    follower.join()
    assert sorted(one.status_code for one in late) == [200, 503]
    assert query(url, "SELECT name FROM assistants") == [("Ada",)]


def taken_over(url: str, before: tuple[object, ...]) -> bool:
    query(url, "UPDATE idempotent_requests SET lease_until = now() - interval '1 second'")
    return query(url, "SELECT id FROM idempotent_requests") != [before]


def stop_at_answer(url: str) -> None:
    """From now on keeping an answer, after what was written, waits for a lock."""
    query(url, _STOP_AT_ANSWER)
    query(url, _ON_ANSWER)


def go_on(url: str) -> None:
    query(url, "DROP TRIGGER stop ON idempotent_requests")
    ((status, written),) = query(
        url, "SELECT status, written_at IS NOT NULL FROM idempotent_requests"
    )
    assert (status, written) == (None, True)
    let_leases_end(url)
