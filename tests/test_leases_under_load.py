"""What keeps runs alive waits for nobody: neither for requests nor for their connections."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.conftest import StartServer
from tests.support.deadlines import patience, wait_until
from tests.support.locks import WAITING, held
from tests.support.postgres import new_database, query

POOL = 2
UNFINISHED = "SELECT count(*) FROM runs WHERE ended_at IS NULL"


@pytest.mark.requirement("runs.one-process")
def test_a_run_is_played_once_while_requests_hold_every_connection(
    start: StartServer, postgres_url: str
) -> None:
    url = new_database(postgres_url)
    server = start(
        PEGBOARD_DATABASE_URL=url,
        PEGBOARD_DATABASE_POOL=str(POOL),
        PEGBOARD_REQUEST_SLOTS_IN_COMPANY=str(POOL),
    )
    # Longer than a lease lasts without its heartbeat.
    script = {"sandbox": {"reply": "one two three four five", "delay_ms": 2500}}
    with server.client() as client, server.client() as crowd, ThreadPoolExecutor(40) as threads:
        made = crowd.post("/assistants", json={"name": "Crowd"}).json()["assistant_id"]
        begun = client.post(
            "/threads/messages", json={"content": "Begin"}, timeout=patience(120)
        ).json()
        place = f"/threads/{begun['thread_id']}/messages"
        run = threads.submit(
            client.post,
            place,
            json={"content": "Slowly", "metadata": script},
            timeout=patience(120),
        )
        wait_until(lambda: query(url, UNFINISHED) == [(1,)])
        with held(url, "LOCK TABLE assistants IN ACCESS EXCLUSIVE MODE"):
            stuck = [
                threads.submit(crowd.put, f"/assistants/{made}", json={"name": f"No. {n}"})
                for n in range(30)
            ]
            wait_until(lambda: query(url, WAITING) >= [(POOL,)])
            ready = httpx.get(f"{server.url}/readyz", timeout=patience(60))
            answer = run.result()
        assert {one.result().status_code for one in stuck} == {200}
    assert ready.status_code == 200
    assert answer.json()["content"] == "one two three four five"
    assert query(url, "SELECT sum(attempts) FROM runs") == [(0,)]
    assert not [line for line in server.log if "run_rescued" in line or "heartbeat" in line]
