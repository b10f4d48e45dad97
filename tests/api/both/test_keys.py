"""What keys are good for, how much of it, and until when; on two servers that share a database."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from time import monotonic, sleep
from typing import Any

import httpx
import openai
import pytest

from tests.conftest import StartServer
from tests.support.deadlines import deadline
from tests.support.operator import Operator
from tests.support.postgres import new_database, query, running_postgres
from tests.support.sdk import sdk
from tests.support.server import Server, start_server
from tests.support.steps import WEATHER, messages_of, new_thread, say, script, submit

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

LONG = script(reply="one two three", delay_ms=60_000)
NO_KEY = {"detail": "Invalid or missing API key"}


@dataclass(frozen=True)
class House:
    """Two servers that ask for keys."""

    first: Server
    second: Server
    operator: Operator
    database_url: str


@pytest.fixture(scope="module")
def house(postgres_url: str) -> Iterator[House]:
    url = new_database(postgres_url)
    settings = {"PEGBOARD_DATABASE_URL": url, "PEGBOARD_AUTH": "keys"}
    servers = []
    try:
        for _ in range(2):
            servers.append(start_server(**settings))
        yield House(servers[0], servers[1], Operator(url), url)
    finally:
        for server in servers:
            server.stop()


def tenant_of(house: House, key: str) -> str:
    return house.operator.line_of(key).split("tenant ")[1].split()[0]


@contextmanager
def run_going(client: httpx.Client, thread_id: str) -> Iterator[None]:
    """A run that is in execution as long as the block."""
    body = {"content": "Count", "stream": True, "metadata": LONG}
    with client.stream("POST", f"/threads/{thread_id}/messages", json=body) as response:
        assert response.status_code == 200, response.read()
        started = next(line for line in response.iter_lines() if "run_id" in line)
        run_id = re.findall(r'"run_id": ?"([^"]+)"', started)[0]
        yield
    client.post(f"/threads/{thread_id}/runs/{run_id}/cancel").raise_for_status()


@pytest.mark.requirement("access.revocation")
def test_a_revoked_key_is_refused_by_every_server_within_a_second(house: House) -> None:
    key = house.operator.make_key(name="laptop")
    accepted: list[float] = []
    with house.first.client(key) as one, house.second.client(key) as other:

        def is_refused(client: httpx.Client) -> bool:
            begun = monotonic()
            answer = client.get("/assistants")
            if answer.status_code == 200:
                accepted.append(begun)
                return False
            assert (answer.status_code, answer.json()) == (401, NO_KEY)
            return True

        with ThreadPoolExecutor(2) as busy:

            def call_until_refused(client: httpx.Client) -> None:
                while not is_refused(client):
                    assert monotonic() < began + 60

            began = monotonic()
            calls = [busy.submit(call_until_refused, client) for client in (one, other)]
            house.operator.revoke(key)
            revoked = monotonic()
            for call in calls:
                call.result()
    assert max(accepted) < revoked + 1.0


@pytest.mark.requirement("access.revocation")
def test_a_key_ends_at_its_hour(house: House) -> None:
    key = house.operator.make_key(expires="30d")
    assert " active " in house.operator.line_of(key)
    with house.first.client(key) as client:
        assert client.get("/assistants").status_code == 200
        query(
            house.database_url,
            "UPDATE api_keys SET expires_at = now() WHERE id = CAST(:id AS uuid)",
            id=house.operator.id_of(key),
        )
        until(lambda: client.get("/assistants").json() == NO_KEY)
        assert " expired " in house.operator.line_of(key)
        house.operator.update(key, expires="never")
        until(lambda: client.get("/assistants").status_code == 200)


def test_nobody_is_trusted_long_while_the_database_is_away() -> None:
    accepted: list[float] = []
    with running_postgres() as url:
        server = start_server(
            PEGBOARD_DATABASE_URL=url, PEGBOARD_AUTH="keys", PEGBOARD_BOOTSTRAP_KEY="the-first-key"
        )
        client = server.client("the-first-key")
        assert client.get("/models/providers").status_code == 200  # which needs no database
    stopped = monotonic()

    def is_away() -> bool:
        begun = monotonic()
        answer = client.get("/models/providers")
        if answer.status_code == 200:
            accepted.append(begun)
            return False
        away = {"detail": "The database cannot be reached at the moment"}
        assert (answer.status_code, answer.json()) == (503, away)
        return True

    try:
        until(is_away)
        assert all(begun < stopped + 1.0 for begun in accepted)
    finally:
        client.close()
        server.stop()


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("--expires=2020-01-31", "past"),
        ("--expires=soon", "30d"),
        ("--expires=99999999999999d", "30d"),
        ("--scopes=read,everything", "read, write, admin"),
        ("--scopes=", "read, write, admin"),
        ("--requests-per-minute=0", "--requests-per-minute"),
        ("--concurrent-runs=-1", "--concurrent-runs"),
        ("--tokens-per-day=many", "--tokens-per-day"),
    ],
)
def test_options_that_make_no_sense_are_refused_in_words(
    house: House, option: str, says: str
) -> None:
    assert says in house.operator.error_of("create", option)


def test_the_list_tells_what_a_key_is_good_for(house: House) -> None:
    key = house.operator.make_key(
        name="the dash board", expires="2099-01-31", scopes="read", requests_per_minute=60
    )
    house.operator.update(key, tokens_per_day=1000, name="board")
    line = house.operator.line_of(key)
    for part in (
        f"{key[:7]}…",
        "used never",
        "expires 2099-02-01T00:00Z",
        "scopes read ",
        "limits 60 requests/min, 1000 tokens/day",
    ):
        assert part in line
    assert line.endswith("  board")
    assert key not in line


def test_the_last_use_of_a_key_is_told(house: House) -> None:
    key = house.operator.make_key()
    with house.first.client(key) as client:
        client.get("/assistants")
        until(lambda: "used never" not in house.operator.line_of(key))
        first = query(house.database_url, "SELECT max(last_used_at) FROM api_keys")
        for _ in range(5):
            client.get("/assistants")
    assert query(house.database_url, "SELECT max(last_used_at) FROM api_keys") == first


@pytest.mark.requirement("access.scopes")
def test_a_key_is_good_for_its_scopes_alone(house: House) -> None:
    reader, writer, admin = (
        house.operator.make_key(scopes=scopes) for scopes in ("read", "write", "admin")
    )
    with house.first.client(reader) as client:
        assert client.get("/assistants").status_code == 200
        refused = client.post("/assistants", json={"name": "A"})
        lacking = {"detail": "This key lacks the scope 'write' that the request needs"}
        assert (refused.status_code, refused.json()) == (403, lacking)
        assert client.get("/assistants").json() == []
    with house.first.client(writer) as client:
        assert client.post("/assistants", json={"name": "A"}).status_code == 200
        assert client.get("/assistants").status_code == 403
        assert client.head("/assistants").status_code == 403
    with house.first.client(admin) as client:
        assert client.post("/assistants", json={"name": "A"}).status_code == 200
        assert client.get("/assistants").status_code == 200
    with sdk(house.first, reader) as client, pytest.raises(openai.PermissionDeniedError) as error:
        client.beta.assistants.create(model="gpt-4o")
    assert error.value.body == {
        "message": "This key lacks the scope 'write' that the request needs",
        "type": "invalid_request_error",
        "param": None,
        "code": "insufficient_permissions",
    }


@pytest.mark.requirement("limits.requests")
def test_requests_a_minute_are_counted_by_all_servers_and_apis_together(house: House) -> None:
    key = house.operator.make_key(requests_per_minute=2)
    with (
        house.first.client(key) as one,
        house.second.client(key) as other,
        sdk(house.second, key) as third,
    ):
        assert one.get("/assistants").status_code == 200
        assert other.get("/assistants").status_code == 200
        for client in (one, other, one):
            refused = client.post("/assistants", json={"name": "A"})
            assert refused.status_code == 429
            assert "2 requests per minute" in refused.json()["detail"]
            assert 1 <= int(refused.headers["Retry-After"]) <= 30
        with pytest.raises(openai.RateLimitError) as error:
            third.beta.assistants.list()
        assert (error.value.type, error.value.code) == ("requests", "rate_limit_exceeded")
        assert 1 <= int(error.value.response.headers["Retry-After"]) <= 30
        house.operator.update(key, requests_per_minute="none")
        until(lambda: one.get("/assistants").status_code == 200)
        assert one.get("/assistants").json() == []


@pytest.mark.requirement("limits.runs")
def test_no_more_runs_are_played_at_once_than_a_key_may_have(house: House) -> None:
    key = house.operator.make_key(concurrent_runs=2)
    with ExitStack() as stack:
        clients = [
            stack.enter_context(server.client(key))
            for _ in range(4)
            for server in (house.first, house.second)
        ]
        threads = [new_thread(client) for client in clients]
        going = ExitStack()

        def begin(number: int) -> int:
            try:
                going.enter_context(run_going(clients[number], threads[number]))
            except AssertionError:
                return 429
            return 200

        with ThreadPoolExecutor(len(clients)) as crowd:
            answers = sorted(crowd.map(begin, range(len(clients))))
        assert answers == [200, 200, *[429] * 6]
        active = "SELECT count(*) FROM runs WHERE status = 'in_progress'"
        assert query(house.database_url, active) == [(2,)]
        going.close()
        assert say(clients[0], threads[0], "Hi")["status"] == "COMPLETED"


@pytest.mark.requirement("limits.runs")
def test_a_run_that_a_limit_refuses_leaves_no_trace(house: House) -> None:
    key = house.operator.make_key(concurrent_runs=1)
    beside = house.operator.make_key(tenant=tenant_of(house, key))
    with (
        house.first.client(key) as client,
        house.first.client(beside) as same_tenant,
        sdk(house.first, key) as openais,
    ):
        thread_id, other_id = new_thread(client), new_thread(client)
        assistant = openais.beta.assistants.create(model="gpt-4o")
        openais_thread = openais.beta.threads.create()
        with run_going(client, thread_id):
            body = {"content": "Hi"}
            file = {"files": ("a.txt", b"text")}
            for refused in (
                client.post(f"/threads/{other_id}/messages", json=body),
                client.post(f"/threads/{other_id}/messages", data=body, files=file),
            ):
                assert refused.status_code == 429
                assert int(refused.headers["Retry-After"]) >= 1
            message: Any = {"role": "user", "content": "Hi"}
            runs: Any = openais.beta.threads.runs
            begin = partial(
                runs.create,
                openais_thread.id,
                assistant_id=assistant.id,
                additional_messages=[message],
            )
            both: Any = openais.beta.threads
            begin_with_thread = partial(
                both.create_and_run, assistant_id=assistant.id, thread={"messages": [message]}
            )
            for ask in (begin, begin_with_thread):
                with pytest.raises(openai.RateLimitError) as error:
                    ask()
                assert (error.value.type, error.value.code) == ("requests", "rate_limit_exceeded")
            assert messages_of(client, other_id) == []
            assert client.get(f"/threads/{other_id}/documents").json() == []
            assert openais.beta.threads.messages.list(openais_thread.id).data == []
            assert len(client.get("/threads").json()) == 3
            assert say(same_tenant, other_id, "Hi")["status"] == "COMPLETED"


def test_a_run_that_waits_for_its_caller_holds_no_place(house: House) -> None:
    key = house.operator.make_key(concurrent_runs=1)
    with house.first.client(key) as client:
        paused = say(client, new_thread(client, tools=[WEATHER]), "What's the weather in Oslo?")
        assert paused["status"] == "REQUIRES_ACTION"
        thread_id = new_thread(client)
        with run_going(client, thread_id):
            assert submit(client, paused, "snow").status_code == 429
        assert submit(client, paused, "snow").json()["status"] == "COMPLETED"


@pytest.mark.requirement("limits.tokens")
def test_the_tokens_of_a_day_are_counted_for_the_key_that_used_them(house: House) -> None:
    key = house.operator.make_key(tokens_per_day=1)
    beside = house.operator.make_key(tenant=tenant_of(house, key), tokens_per_day=1)
    with (
        house.first.client(key) as client,
        house.second.client(beside) as same_tenant,
        sdk(house.second, key) as openais,
    ):
        thread_id = new_thread(client)
        say(client, thread_id, "Hi")
        before = messages_of(client, thread_id)
        refused = client.post(f"/threads/{thread_id}/messages", json={"content": "Hi"})
        assert refused.status_code == 429
        assert "for today" in refused.json()["detail"]
        assert 1 <= int(refused.headers["Retry-After"]) <= 86_400
        assert messages_of(client, thread_id) == before
        with pytest.raises(openai.RateLimitError) as error:
            openais.chat.completions.create(
                model="gpt-4o", messages=[{"role": "user", "content": "Hi"}]
            )
        assert (error.value.type, error.value.code) == ("tokens", "rate_limit_exceeded")
        long = int(error.value.response.headers["Retry-After"]) > 60
        assert ("x-should-retry" in error.value.response.headers) == long
        assert say(same_tenant, new_thread(same_tenant), "Hi")["status"] == "COMPLETED"


@pytest.mark.requirement("limits.tokens")
def test_completions_count_as_tokens_of_their_key(house: House) -> None:
    with sdk(house.first, house.operator.make_key(tokens_per_day=1)) as client:
        ask: Any = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
        client.chat.completions.create(**ask)
        with pytest.raises(openai.RateLimitError):
            client.chat.completions.create(**ask)


def test_in_open_mode_keys_have_neither_scopes_nor_limits(start: StartServer, house: House) -> None:
    key = house.operator.make_key(scopes="read", requests_per_minute=1, tokens_per_day=1)
    server = start(PEGBOARD_DATABASE_URL=house.database_url)
    with server.client(key) as client:
        thread_id = new_thread(client)
        assert say(client, thread_id, "Hi")["status"] == "COMPLETED"
        assert say(client, thread_id, "Hi")["status"] == "COMPLETED"
    ended = house.operator.make_key()
    house.operator.revoke(ended)
    with server.client(ended) as client:
        assert client.get("/assistants").status_code == 401


def until(holds: Any, *, seconds: float = 20) -> None:
    end = deadline(seconds)
    while not holds():
        assert monotonic() < end
        sleep(0.02)
