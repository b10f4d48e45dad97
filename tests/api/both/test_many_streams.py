"""Many streams at once: each is whole, none costs a connection, and there is an end to them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.conftest import StartServer
from tests.support.deadlines import patience, wait_until
from tests.support.postgres import new_database, query
from tests.support.server import Server
from tests.support.steps import new_thread, script

WORDS = ("one ", "two ", "three")
REPLY = "".join(WORDS)
TENANT = "k"
HEADERS = {"X-API-Key": TENANT, "Authorization": f"Bearer {TENANT}"}
CONNECTIONS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
def url(postgres_url: str) -> str:
    return new_database(postgres_url)


@asynccontextmanager
async def many_clients(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(
        base_url=server.url, headers=HEADERS, timeout=patience(120), limits=limits
    ) as client:
        yield client


def new_threads(server: Server, count: int) -> list[str]:
    with server.client(TENANT) as client:
        assistant = client.post("/assistants", json={"name": "A"}).json()["assistant_id"]
        place = f"/assistants/{assistant}/threads"
        return [client.post(place, json={}).json()["thread_id"] for _ in range(count)]


def events_of(stream: str) -> list[dict[str, Any]]:
    lines = stream.split("\n")
    return [json.loads(x.removeprefix("data: ")) for x in lines if x.startswith("data: ")]


def words_of(stream: str) -> list[str]:
    return [one["content"] for one in events_of(stream) if one["type"] == "content_streaming"]


def streamed_body(reply: str, delay_ms: int) -> dict[str, Any]:
    return {
        "content": "x",
        "stream": True,
        "metadata": script(reply=reply, delay_ms=delay_ms),
    }


async def test_two_hundred_streams_are_told_at_once_over_few_connections(
    start: StartServer, url: str
) -> None:
    server = start(PEGBOARD_DATABASE_URL=url, PEGBOARD_DATABASE_POOL="4")
    threads = new_threads(server, 200)
    connections = []
    async with many_clients(server) as client:
        opening = asyncio.Semaphore(50)  # what begins a run takes a connection of the pool

        async def stream(thread_id: str) -> str:
            place = f"/api/threads/{thread_id}/messages"
            async with opening:
                request = client.build_request("POST", place, json=streamed_body(REPLY, 800))
                response = await client.send(request, stream=True)
            assert response.status_code == 200
            await response.aread()
            return response.text

        streams = [asyncio.create_task(stream(thread)) for thread in threads]
        done: set[asyncio.Task[str]] = set()
        while len(done) < len(streams):
            done, _ = await asyncio.wait(streams, timeout=0.5)
            assert (await client.get("/healthz")).status_code == 200
            connections.append(await asyncio.to_thread(query, url, CONNECTIONS))
    for one in streams:
        assert words_of(one.result()) == list(WORDS)
        assert events_of(one.result())[-1]["type"] == "run_ended"
    # A pool of at most 8 for requests; 4 for streams, 3 for jobs, 1 for signals.
    assert max(int(str(rows[0][0])) for rows in connections) <= 16


async def test_all_followers_on_another_server_are_told_every_frame(
    start: StartServer, url: str
) -> None:
    first, second = start(PEGBOARD_DATABASE_URL=url), start(PEGBOARD_DATABASE_URL=url)
    (thread_id,) = new_threads(first, 1)
    async with many_clients(first) as here, many_clients(second) as there:
        request = here.build_request(
            "POST", f"/api/threads/{thread_id}/messages", json=streamed_body(REPLY, 2000)
        )
        live = await here.send(request, stream=True)
        run_id = live.headers["pegboard-run-id"]
        place = f"/api/threads/{thread_id}/runs/{run_id}/stream"
        behind = {"after": 2}
        followers = [asyncio.create_task(there.get(place)) for _ in range(40)]
        late = [asyncio.create_task(there.get(place, params=behind)) for _ in range(20)]
        await live.aread()
        whole = events_of(live.text)
        assert words_of(live.text) == list(WORDS)
        for one in await asyncio.gather(*followers):
            assert events_of(one.text) == whole
        for one in await asyncio.gather(*late):
            assert events_of(one.text) == whole[2:]
        # Once it is over it is told out of its log, the same at each.
        assert events_of((await here.get(place)).text) == whole
        assert events_of((await there.get(place)).text) == whole


async def test_followers_cost_no_statements_of_their_own(start: StartServer, url: str) -> None:
    first = start(PEGBOARD_DATABASE_URL=url)
    second = start(PEGBOARD_DATABASE_URL=url, PEGBOARD_KEEPALIVE="1")
    (thread_id,) = new_threads(first, 1)
    count, loop = 30, asyncio.get_running_loop()
    async with many_clients(first) as here, many_clients(second) as there:
        request = here.build_request(
            "POST", f"/api/threads/{thread_id}/messages", json=streamed_body("one two", 20_000)
        )
        live = await here.send(request, stream=True)
        run_id = live.headers["pegboard-run-id"]
        place = f"/api/threads/{thread_id}/runs/{run_id}/stream"
        requests = [there.build_request("GET", place) for _ in range(count)]
        following = await asyncio.gather(*(there.send(one, stream=True) for one in requests))
        heads = [one.aiter_bytes() for one in following]
        for head in heads:
            await anext(head)
        # Postgres counts a statement up to ten seconds after it: those that opened the streams come
        # late. A look of each follower each second would be three times `count`, and stay so.
        rates: list[float] = []
        while not rates or (rates[-1] >= count and len(rates) < 15):
            before, begun = await committed(url), loop.time()
            silence = 0
            while silence < 2:  # seconds in which nothing happens
                silence += (await anext(heads[-1])).count(b": keepalive")
            rates.append((await committed(url) - before) / (loop.time() - begun))
        assert rates[-1] < count, rates
        cancel = await here.post(f"/api/threads/{thread_id}/runs/{run_id}/cancel")
        assert cancel.status_code == 200
        for head in heads:
            assert b"run_cancelled" in b"".join([part async for part in head])
        await live.aread()


async def committed(url: str) -> int:
    statement = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
    rows = await asyncio.to_thread(query, url, statement)
    return int(str(rows[0][0]))


@pytest.mark.requirement("limits.streams")
def test_a_stream_too_many_is_refused_before_anything_is_stored(
    start: StartServer, url: str
) -> None:
    server = start(
        PEGBOARD_DATABASE_URL=url,
        PEGBOARD_MAX_STREAMS_PER_TENANT="1",
    )
    busy, quiet = new_threads(server, 2)
    with server.client(TENANT) as client:
        assistant = client.post(
            f"{server.url}/v1/assistants", headers=HEADERS, json={"model": "gpt-4o"}
        ).json()["id"]
        place = f"/threads/{busy}/messages"
        with client.stream("POST", place, json=streamed_body("one two", 20_000)) as live:
            run_id = live.headers["pegboard-run-id"]
            refused = client.post(f"/threads/{quiet}/messages", json=streamed_body(REPLY, 0))
            assert refused.status_code == 429
            assert refused.headers["retry-after"] == "5"
            assert "open streams" in refused.json()["detail"]
            again = client.get(f"/threads/{busy}/runs/{run_id}/stream")
            assert again.status_code == 429
            theirs = client.post(
                f"{server.url}/v1/threads/runs",
                headers=HEADERS,
                json={"assistant_id": assistant, "stream": True},
            )
            assert theirs.status_code == 429
            assert theirs.headers["retry-after"] == "5"
            assert theirs.json()["error"]["type"] == "requests"
            # Who waits for the whole answer, and another tenant, are not concerned.
            whole = {**streamed_body(REPLY, 0), "stream": False}
            assert client.post(f"/threads/{quiet}/messages", json=whole).status_code == 200
            with server.client("other") as other:
                mine = new_thread(other)
                answer = other.post(f"/threads/{mine}/messages", json=streamed_body(REPLY, 0))
                assert words_of(answer.text) == list(WORDS)
        messages = client.get(f"/threads/{quiet}").json()["messages"]
        assert [one["role"] for one in messages] == ["user", "assistant"]
        # The client has hung up: its place is free.
        wait_until(
            lambda: (
                client.post(f"/threads/{quiet}/messages", json=streamed_body(REPLY, 0)).status_code
                == 200
            )
        )


def test_there_is_an_end_to_the_streams_of_all_tenants_together(start: StartServer) -> None:
    server = start(PEGBOARD_MAX_STREAMS="1")
    with server.client() as one, server.client() as another:
        places = [f"/threads/{new_thread(client)}/messages" for client in (one, another)]
        with one.stream("POST", places[0], json=streamed_body("one two", 20_000)) as live:
            assert live.status_code == 200
            refused = another.post(places[1], json=streamed_body(REPLY, 0))
            assert refused.status_code == 429
            assert "this server" in refused.json()["detail"]
