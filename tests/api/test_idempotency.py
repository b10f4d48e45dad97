"""Writes that come with an Idempotency-Key, at both APIs."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from openai import BadRequestError, OpenAI

from tests.conftest import StartServer
from tests.support.deadlines import deadline, patience
from tests.support.keyed import at_once, is_replayed, once, seen
from tests.support.openai_wire import bare, refusal
from tests.support.postgres import new_database, query
from tests.support.sdk import scene, sdk
from tests.support.server import Server
from tests.support.steps import messages_of, new_thread, script
from tests.support.stream import events_of, types_of

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def openai_client(server: Server) -> Iterator[OpenAI]:
    with sdk(server) as opened:
        yield opened


@pytest.fixture
def wire(openai_client: OpenAI) -> Iterator[httpx.Client]:
    with bare(openai_client) as opened:
        yield opened


def assistants_of(client: httpx.Client) -> list[str]:
    return [one["name"] for one in client.get("/assistants").json()]


@pytest.mark.requirement("idempotency.once")
def test_the_same_request_is_answered_the_same_and_done_once(client: httpx.Client) -> None:
    first, second = (
        client.post("/assistants", json={"name": "Ada"}, headers=once("k")) for _ in range(2)
    )
    assert first.status_code == 200
    assert seen(second) == seen(first)
    assert (is_replayed(first), is_replayed(second)) == (False, True)
    assert assistants_of(client) == ["Ada"]


@pytest.mark.requirement("idempotency.once")
def test_every_method_that_writes_is_done_once(client: httpx.Client) -> None:
    made = client.post("/assistants", json={"name": "Ada"}).json()["assistant_id"]
    changes = [
        client.put(f"/assistants/{made}", json={"name": "Eve"}, headers=once("put"))
        for _ in range(2)
    ]
    removals = [client.delete(f"/assistants/{made}", headers=once("delete")) for _ in range(2)]
    thread_id = new_thread(client)
    document = client.post(
        f"/threads/{thread_id}/documents", files={"file": ("a.txt", b"a")}
    ).json()
    deletions = [
        client.delete(f"/documents/{document['document_id']}", headers=once("document"))
        for _ in range(2)
    ]
    for first, second in (changes, removals, deletions):
        assert first.status_code == 200
        assert seen(second) == seen(first)
        assert is_replayed(second)


def test_reading_ignores_the_key(client: httpx.Client) -> None:
    assert client.get("/assistants", headers=once("k")).json() == []
    client.post("/assistants", json={"name": "Ada"}, headers=once("k"))
    listed = client.get("/assistants", headers=once("k"))
    assert not is_replayed(listed)
    assert len(listed.json()) == 1


@pytest.mark.parametrize("servers", [1, 2])
@pytest.mark.requirement("idempotency.once")
def test_fifty_at_once_make_one_object_each(
    start: StartServer, postgres_url: str, servers: int
) -> None:
    url = new_database(postgres_url)
    running = [start(PEGBOARD_DATABASE_URL=url) for _ in range(servers)]
    clients = [one.client("k") for one in running]
    thread_id = new_thread(clients[0])
    wires = [
        httpx.Client(
            base_url=f"{one.url}/v1", headers={"Authorization": "Bearer k"}, timeout=patience(60)
        )
        for one in running
    ]
    body = {"content": "Hello", "metadata": script(reply="one two", delay_ms=50)}
    answers = {
        "assistant": at_once(
            50, clients, lambda c: c.post("/assistants", json={"name": "Ada"}, headers=once("a"))
        ),
        "message": at_once(
            50,
            clients,
            lambda c: c.post(f"/threads/{thread_id}/messages", json=body, headers=once("m")),
        ),
        "thread": at_once(
            50,
            wires,
            lambda c: c.post("/threads", json={"metadata": {"n": "1"}}, headers=once("t")),
        ),
    }
    for responses in answers.values():
        assert len({seen(one) for one in responses}) == 1
        assert responses[0].status_code == 200
        assert [is_replayed(one) for one in responses].count(False) == 1
    assert assistants_of(clients[0]) == ["Test", "Ada"]
    assert messages_of(clients[0], thread_id) == [
        ("user", "COMPLETED", "Hello"),
        ("assistant", "COMPLETED", "one two"),
    ]
    assert len(clients[0].get("/threads").json()) == 2
    for client in (*clients, *wires):
        client.close()


@pytest.mark.requirement("idempotency.other-request")
def test_another_request_with_the_key_is_refused(client: httpx.Client) -> None:
    client.post("/assistants", json={"name": "Ada"}, headers=once("k"))
    for other in (
        client.post("/assistants", json={"name": "Eve"}, headers=once("k")),
        client.post("/assistants?x=1", json={"name": "Ada"}, headers=once("k")),
        client.post("/threads/messages", json={"name": "Ada"}, headers=once("k")),
    ):
        assert other.status_code == 422
        assert other.json() == {
            "detail": "This Idempotency-Key was used for another request: a key stands for one "
            "method, path, query and body"
        }
        assert not is_replayed(other)
    assert assistants_of(client) == ["Ada"]


def test_another_request_is_a_400_at_openais_api(wire: httpx.Client) -> None:
    wire.post("threads", json={}, headers=once("k"))
    other = wire.post("threads", json={"metadata": {"a": "b"}}, headers=once("k"))
    assert refusal(other) == (
        400,
        "This Idempotency-Key was used for another request: a key stands for one method, path, "
        "query and body",
        None,
        "idempotency_key_reused",
    )


@pytest.mark.requirement("idempotency.other-request")
def test_keys_belong_to_a_tenant_and_a_api(server: Server) -> None:
    for tenant in ("one", "other"):
        with server.client(f"idempotent-{tenant}") as client:
            made = client.post("/assistants", json={"name": tenant}, headers=once("k"))
            assert (made.status_code, is_replayed(made)) == (200, False)
            assert assistants_of(client) == [tenant]
        with sdk(server, f"idempotent-{tenant}") as openai_client, bare(openai_client) as wire:
            assert not is_replayed(wire.post("threads", json={}, headers=once("k")))


def test_who_has_no_key_of_ours_learns_nothing(start: StartServer, postgres_url: str) -> None:
    url = new_database(postgres_url)
    server = start(PEGBOARD_DATABASE_URL=url, PEGBOARD_AUTH="keys")
    with server.client("wrong") as client:
        refused = client.post("/assistants", json={"name": "Ada"}, headers=once("k"))
        assert refused.status_code == 401
    assert query(url, "SELECT count(*) FROM idempotent_requests") == [(0,)]


@pytest.mark.requirement("idempotency.not-in-clear")
def test_neither_keys_nor_requests_are_stored_in_clear(
    start: StartServer, postgres_url: str
) -> None:
    url = new_database(postgres_url)
    with start(PEGBOARD_DATABASE_URL=url).client("k") as client:
        client.post("/assistants", json={"name": "Ada"}, headers=once("very-secret-key"))
    (row,) = query(url, "SELECT idempotent_requests::text, key_hash FROM idempotent_requests")
    assert "very-secret-key" not in str(row)
    assert b"very-secret-key".hex() not in str(row)


@pytest.mark.parametrize("key", ["", "two words", "k" * 256, "schlüssel", "tab\there"])
def test_a_key_that_is_none_is_refused(client: httpx.Client, wire: httpx.Client, key: str) -> None:
    headers = {b"Idempotency-Key": key.encode()}
    refused = client.post("/assistants", json={"name": "Ada"}, headers=headers)
    says = "Idempotency-Key must be one text of 1 to 255 visible ASCII characters"
    assert (refused.status_code, refused.json()) == (400, {"detail": says})
    assert refusal(wire.post("threads", json={}, headers=headers)) == (
        400,
        says,
        None,
        "invalid_idempotency_key",
    )
    assert client.get("/assistants").json() == []


def test_the_longest_key_is_a_key(client: httpx.Client) -> None:
    for replayed in (False, True):
        made = client.post("/assistants", json={"name": "Ada"}, headers=once("!~" * 127 + "k"))
        assert (made.status_code, is_replayed(made)) == (200, replayed)


def test_a_request_that_was_refused_may_be_mended_and_sent_again(client: httpx.Client) -> None:
    for _ in range(2):
        refused = client.post("/assistants", json={"name": ""}, headers=once("k"))
        assert (refused.status_code, is_replayed(refused)) == (422, False)
    made = client.post("/assistants", json={"name": "Ada"}, headers=once("k"))
    assert (made.status_code, is_replayed(made)) == (200, False)


def test_a_refusal_that_left_something_behind_is_the_answer(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    body = {"content": "x", "metadata": script(error={"status": 400, "message": "no"})}
    first, second = (
        client.post(f"/threads/{thread_id}/messages", json=body, headers=once("k"))
        for _ in range(2)
    )
    assert first.status_code == 400
    assert seen(second) == seen(first)
    assert is_replayed(second)
    assert [role for role, _, _ in messages_of(client, thread_id)] == ["user", "assistant"]


@pytest.mark.parametrize("status", [429, 500])
def test_a_model_that_failed_is_asked_again(client: httpx.Client, status: int) -> None:
    thread_id = new_thread(client)
    body = {"content": "x", "metadata": script(error={"status": status})}
    for attempts in (1, 2):
        failed = client.post(f"/threads/{thread_id}/messages", json=body, headers=once("k"))
        assert failed.status_code in {429, 502, 503}
        assert not is_replayed(failed)
        roles = [role for role, _, _ in messages_of(client, thread_id)]
        assert roles == ["user", "assistant"] * attempts


@pytest.mark.requirement("idempotency.streams")
def test_a_stream_is_told_again_frame_by_frame(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    body = {"content": "x", "stream": True, "metadata": script(reply="one two three")}
    first, second = (
        client.post(f"/threads/{thread_id}/messages", json=body, headers=once("k"))
        for _ in range(2)
    )
    assert types_of(events_of(first.text))[-1] == "run_ended"
    assert seen(second) == seen(first)
    assert is_replayed(second)
    assert second.headers["cache-control"] == first.headers["cache-control"]
    assert len(messages_of(client, thread_id)) == 2


def test_who_asks_while_the_first_streams_is_told_the_whole_of_it(server: Server) -> None:
    with server.client("streaming-twice") as client:
        thread_id = new_thread(client)
        body = {
            "content": "x",
            "stream": True,
            "metadata": script(reply="one two three four five", delay_ms=60),
        }
        first, *others = at_once(
            3,
            [client],
            lambda c: c.post(f"/threads/{thread_id}/messages", json=body, headers=once("k")),
        )
        assert {seen(one) for one in others} == {seen(first)}
        assert types_of(events_of(first.text))[-1] == "run_ended"
        assert len(messages_of(client, thread_id)) == 2


def test_who_hung_up_is_told_the_whole_answer_when_asking_again(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    url = f"/threads/{thread_id}/messages"
    body = {"content": "x", "stream": True, "metadata": script(reply="a b c d", delay_ms=60)}
    with client.stream("POST", url, json=body, headers=once("k")) as response:
        next(response.iter_lines())
    again = client.post(url, json=body, headers=once("k"))
    assert is_replayed(again)
    events = events_of(again.text)
    assert (
        "".join(one["content"] for one in events if one["type"] == "content_streaming") == "a b c d"
    )
    assert events[-1]["type"] == "run_ended"
    assert messages_of(client, thread_id)[1:] == [("assistant", "COMPLETED", "a b c d")]


def test_who_cannot_wait_is_told_to_ask_later(start: StartServer) -> None:
    server = start(PEGBOARD_IDEMPOTENCY_PATIENCE="0.1")
    slow = script(reply="a b c", delay_ms=60_000)
    with server.client("k") as client, sdk(server, "k") as openai_client:
        url = f"/threads/{new_thread(client)}/messages"
        body = {"content": "x", "stream": True, "metadata": slow}
        with client.stream("POST", url, json=body, headers=once("k")):
            later = client.post(url, json=body, headers=once("k"))
            assert later.status_code == 409
            assert later.headers["retry-after"] == "1"
            assert "still being carried out" in later.json()["detail"]
        with bare(openai_client) as wire:
            ask = {
                "model": "gpt-4o",
                "stream": True,
                "messages": [{"role": "user", "content": "x"}],
                "metadata": scene(reply="a b", delay_ms=1500),
            }
            with wire.stream("POST", "chat/completions", json=ask, headers=once("c")) as first:
                later = wire.post("chat/completions", json=ask, headers=once("c"))
                assert later.status_code == 503
                assert later.headers["retry-after"] == "1"
                assert later.json()["error"]["code"] == "idempotent_request_in_progress"
                first.read()
    server.kill()


def test_an_answer_too_large_to_keep_is_told_as_such(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    body = {
        "content": "x",
        "metadata": script(reply="😀😀😀 " * 60_000, reasoning="😀😀😀 " * 30_000),
    }
    first, second = (
        client.post(f"/threads/{thread_id}/messages", json=body, headers=once("k"))
        for _ in range(2)
    )
    assert len(first.content) > 1024 * 1024
    assert second.status_code == 409
    run_id = first.json()["run_id"]
    assert "was too large to be kept. It made " in second.json()["detail"]
    assert f"run {run_id}" in second.json()["detail"]
    assert len(messages_of(client, thread_id)) == 2


@pytest.mark.parametrize("size", [20, 700_000])
def test_a_form_is_the_same_with_another_boundary(client: httpx.Client, size: int) -> None:
    made = client.post("/assistants", json={"name": "Ada"}).json()["assistant_id"]
    url = f"/assistants/{made}/documents"

    def upload(data: bytes, boundary: str) -> httpx.Response:
        kind = f"multipart/form-data; boundary={boundary}"
        return client.post(
            url, files={"file": ("a.txt", data)}, headers={**once("k"), "Content-Type": kind}
        )

    first, second = upload(b"x" * size, "one-boundary"), upload(b"x" * size, "another--")
    assert first.status_code == 200
    assert seen(second) == seen(first)
    assert is_replayed(second)
    assert upload(b"x" * (size - 1) + b"y", "one-boundary").status_code == 422
    assert [one["document_id"] for one in client.get(url).json()] == [first.json()["document_id"]]


def test_a_body_that_is_too_large_is_refused_as_ever(start: StartServer) -> None:
    server = start(PEGBOARD_MAX_BODY="2048")
    with server.client("k") as client, sdk(server, "k") as openai_client:
        refused = client.post("/assistants", json={"name": "x" * 3000}, headers=once("k"))
        assert (refused.status_code, refused.json()) == (
            413,
            {"detail": "The request body is larger than 2048 bytes"},
        )
        with bare(openai_client) as wire:
            body = {"metadata": {"a": "x" * 3000}}
            assert refusal(wire.post("threads", json=body, headers=once("k")))[0] == 413


def test_openais_client_repeats_what_it_likes(openai_client: OpenAI) -> None:
    named = {"Idempotency-Key": "k"}
    first, second = (
        openai_client.beta.assistants.create(model="gpt-4o", extra_headers=named) for _ in range(2)
    )
    assert second == first
    with pytest.raises(BadRequestError) as raised:
        openai_client.beta.assistants.create(model="gpt-4", extra_headers=named)
    assert raised.value.code == "idempotency_key_reused"
    thread = openai_client.beta.threads.create(extra_headers={"Idempotency-Key": "t"})
    keyed = openai_client.with_options(default_headers={"Idempotency-Key": "m"})
    messages = [
        keyed.beta.threads.messages.create(thread.id, role="user", content="hi") for _ in range(2)
    ]
    assert messages[0] == messages[1]
    assert list(openai_client.beta.threads.messages.list(thread.id)) == [messages[0]]
    files = [
        openai_client.files.create(
            file=("a.txt", b"hello"), purpose="assistants", extra_headers={"Idempotency-Key": "f"}
        )
        for _ in range(2)
    ]
    assert files[0] == files[1]
    assert len(list(openai_client.files.list())) == 1


@pytest.mark.requirement("idempotency.streams")
def test_a_run_is_begun_once_and_its_stream_told_again(openai_client: OpenAI) -> None:
    assistant = openai_client.beta.assistants.create(model="gpt-4o")
    thread = openai_client.beta.threads.create(messages=[{"role": "user", "content": "hi"}])

    def run() -> list[Any]:
        with openai_client.beta.threads.runs.create(
            thread.id,
            assistant_id=assistant.id,
            stream=True,
            metadata=scene(reply="one two three"),
            extra_headers={"Idempotency-Key": "r"},
        ) as events:
            return list(events)

    first = run()
    assert first[-1].event == "thread.run.completed"
    assert run() == first
    assert len(list(openai_client.beta.threads.runs.list(thread.id))) == 1


def test_an_older_client_is_answered_the_same_in_its_own_words(wire: httpx.Client) -> None:
    older = {"OpenAI-Beta": "assistants=v1", **once("k")}
    body = {"model": "gpt-4o", "tools": [{"type": "retrieval"}]}
    first, second = (wire.post("assistants", json=body, headers=older) for _ in range(2))
    assert first.json()["tools"] == [{"type": "retrieval"}]
    assert seen(second) == seen(first)
    assert is_replayed(second)


def test_a_completion_is_paid_for_once(wire: httpx.Client) -> None:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
    first, second = (wire.post("chat/completions", json=body, headers=once("k")) for _ in range(2))
    assert json.loads(first.content)["object"] == "chat.completion"
    assert seen(second) == seen(first)


@pytest.mark.requirement("idempotency.not-in-clear")
def test_a_key_is_forgotten_after_its_time(start: StartServer, postgres_url: str) -> None:
    url = new_database(postgres_url)
    with start(PEGBOARD_DATABASE_URL=url).client("k") as client:

        def make(name: str) -> httpx.Response:
            return client.post("/assistants", json={"name": name}, headers=once("k"))

        make("Ada")
        age = (
            "UPDATE idempotent_requests SET created_at = now() - interval '{}', "
            "lease_until = now() - interval '1 second'"
        )
        query(url, age.format("23 hours 59 minutes"))
        assert is_replayed(make("Ada"))
        query(url, age.format("24 hours 1 second"))
        made = make("Eve")
        assert (made.status_code, is_replayed(made)) == (200, False)
        query(url, age.format("25 hours"))
        start(PEGBOARD_DATABASE_URL=url)
        end = deadline(20)
        while query(url, "SELECT count(*) FROM idempotent_requests") != [(0,)]:
            assert time.monotonic() < end
            time.sleep(0.05)
        assert assistants_of(client) == ["Ada", "Eve"]
