"""One tenant's crowd waits and is refused; another tenant's request is served all the same."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import httpx
import pytest

from tests.conftest import StartServer
from tests.support.deadlines import patience, wait_until
from tests.support.locks import held
from tests.support.postgres import new_database
from tests.support.server import Server

PER_TENANT = 2
MAY_WAIT = 3
CROWD = PER_TENANT + MAY_WAIT


@pytest.fixture
def url(postgres_url: str) -> str:
    return new_database(postgres_url)


@pytest.fixture
def narrow(start: StartServer, url: str) -> Server:
    """It works on two requests of a tenant at once, in company too, and lets three more wait."""
    return start(
        PEGBOARD_DATABASE_URL=url,
        PEGBOARD_REQUEST_SLOTS="3",
        PEGBOARD_REQUEST_SLOTS_PER_TENANT=str(PER_TENANT),
        PEGBOARD_REQUEST_SLOTS_IN_COMPANY=str(PER_TENANT),
        PEGBOARD_WAITING_REQUESTS_PER_TENANT=str(MAY_WAIT),
    )


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(max_workers=4 * CROWD) as opened:
        yield opened


def _waiting(server: Server) -> int:
    """How many requests hold a slot, or wait for one, as the server tells."""
    exposition = httpx.get(f"{server.url}/metrics", timeout=patience(60)).text
    line = next(
        one for one in exposition.splitlines() if one.startswith("pegboard_requests_waiting ")
    )
    return int(float(line.split()[1]))


@pytest.mark.parametrize("api", ["backboard", "openai"])
@pytest.mark.requirement("tenants.fair-turns")
def test_a_crowd_beyond_its_share_is_told_to_come_again(
    narrow: Server, url: str, threads: ThreadPoolExecutor, api: str
) -> None:
    crowd = f"crowd-{api}"
    with narrow.client(crowd) as client, narrow.client() as neighbour:
        client.post("/assistants", json={"name": "Crowd"}).raise_for_status()
        neighbour.post("/assistants", json={"name": "Neighbour"}).raise_for_status()
        # Whoever lists assistants waits for this lock, the neighbour too: held for the crowd alone.
        with held(url, "LOCK TABLE assistants IN ACCESS EXCLUSIVE MODE"):
            begun: list[Future[httpx.Response]] = [
                threads.submit(_list_assistants, narrow, crowd, api) for _ in range(CROWD)
            ]
            wait_until(lambda: _waiting(narrow) == MAY_WAIT)
            refused = _list_assistants(narrow, crowd, api)
            # Another tenant finds a slot: it gets as far as what it asks for.
            beside = neighbour.get("/threads")
        answers = [one.result() for one in begun]
    assert beside.status_code == 200
    assert [answer.status_code for answer in answers] == [200] * CROWD
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1
    if api == "backboard":
        assert "Too many requests at once" in refused.json()["detail"]
    else:
        error = refused.json()["error"]
        assert "Too many requests at once" in error.pop("message")
        assert error == {"type": "requests", "param": None, "code": "rate_limit_exceeded"}


def test_a_slow_answer_keeps_no_slot(narrow: Server, threads: ThreadPoolExecutor, url: str) -> None:
    """More messages wait for their model than the tenant may have requests worked on."""
    script = {"sandbox": {"reply": "one two three", "delay_ms": 400}}
    with narrow.client() as client:
        assistant = client.post("/assistants", json={"name": "Slow"}).json()["assistant_id"]
        places = [
            client.post(f"/assistants/{assistant}/threads", json={}).json()["thread_id"]
            for _ in range(CROWD)
        ]
        begun = [
            threads.submit(
                client.post,
                f"/threads/{place}/messages",
                json={"content": "Go on", "metadata": script},
            )
            for place in places
        ]
        answers = [one.result() for one in begun]
    assert [answer.json()["content"] for answer in answers] == ["one two three"] * CROWD


def test_messages_for_one_thread_stand_in_line(narrow: Server, threads: ThreadPoolExecutor) -> None:
    with narrow.client() as client:
        assistant = client.post("/assistants", json={"name": "Busy"}).json()["assistant_id"]
        place = client.post(f"/assistants/{assistant}/threads", json={}).json()["thread_id"]
        begun = [
            threads.submit(client.post, f"/threads/{place}/messages", json={"content": f"No. {n}"})
            for n in range(CROWD)
        ]
        assert [one.result().status_code for one in begun] == [200] * CROWD
        messages = client.get(f"/threads/{place}").json()["messages"]
    assert [one["role"] for one in messages] == ["user", "assistant"] * CROWD
    questions = sorted(one["content"] for one in messages if one["role"] == "user")
    assert questions == [f"No. {n}" for n in range(CROWD)]


def _list_assistants(server: Server, key: str, api: str) -> httpx.Response:
    if api == "backboard":
        return httpx.get(
            f"{server.api}/assistants", headers={"X-API-Key": key}, timeout=patience(60)
        )
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.get(f"{server.url}/v1/assistants", headers=headers, timeout=patience(60))
