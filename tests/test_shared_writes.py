"""Runs whose words are written together: what happens to one does not concern the others."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.conftest import StartServer
from tests.support.deadlines import patience
from tests.support.locks import held
from tests.support.postgres import new_database, query
from tests.support.steps import new_thread, script

WORDS = ["one ", "two ", "three ", "four ", "five ", "six"]


@pytest.fixture
def url(postgres_url: str) -> str:
    return new_database(postgres_url)


class Live:
    """A stream that has told its first word."""

    def __init__(self, response: httpx.Response) -> None:
        self.run_id = response.headers["pegboard-run-id"]
        self._lines = response.aiter_lines()
        self.words: list[str] = []

    async def word(self) -> bool:
        """Read on to the next word; False at the end."""
        async for line in self._lines:
            if line.startswith("data: "):
                event: dict[str, Any] = json.loads(line.removeprefix("data: "))
                if event["type"] == "content_streaming":
                    self.words.append(event["content"])
                    return True
        return False

    async def whole(self) -> list[str]:
        while await self.word():
            pass
        return self.words


async def streams(client: httpx.AsyncClient, threads: list[str]) -> AsyncIterator[Live]:
    body = {"content": "x", "stream": True, "metadata": script(reply="".join(WORDS), delay_ms=700)}
    requests = [
        client.build_request("POST", f"/threads/{one}/messages", json=body) for one in threads
    ]
    for response in await asyncio.gather(*(client.send(one, stream=True) for one in requests)):
        live = Live(response)
        assert await live.word()
        yield live


async def test_a_run_whose_row_is_held_waits_alone(start: StartServer, url: str) -> None:
    server = start(PEGBOARD_DATABASE_URL=url)
    with server.client("k") as client:
        threads = [new_thread(client) for _ in range(6)]
    async with httpx.AsyncClient(
        base_url=server.api, headers={"X-API-Key": "k"}, timeout=patience(60)
    ) as client:
        first, *others = [live async for live in streams(client, threads)]
        lock = held(url, f"SELECT 1 FROM runs WHERE id = '{first.run_id}' FOR UPDATE")
        await asyncio.to_thread(lock.__enter__)
        try:
            for live in others:
                assert await live.whole() == WORDS
            assert first.words != WORDS
        finally:
            await asyncio.to_thread(lock.__exit__, None, None, None)
        assert await first.whole() == WORDS


async def test_a_run_whose_number_is_taken_is_lost_alone(start: StartServer, url: str) -> None:
    server = start(PEGBOARD_DATABASE_URL=url)
    with server.client("k") as client:
        threads = [new_thread(client) for _ in range(6)]
    taken = """
        INSERT INTO run_events (run_id, first, tenant_id, events)
        SELECT id, number, tenant_id, '[]' FROM runs, generate_series(4, 40) AS number
        WHERE id = CAST(:run_id AS uuid)
        ON CONFLICT DO NOTHING
    """
    async with httpx.AsyncClient(
        base_url=server.api, headers={"X-API-Key": "k"}, timeout=patience(60)
    ) as client:
        first, *others = [live async for live in streams(client, threads)]
        await asyncio.to_thread(query, url, taken, run_id=first.run_id)
        for live in others:
            assert await live.whole() == WORDS
        assert first.words == WORDS[: len(first.words)]
        status = "SELECT status FROM runs WHERE id = CAST(:run_id AS uuid)"
        for live in others:
            rows = await asyncio.to_thread(query, url, status, run_id=live.run_id)
            assert rows == [("completed",)]
        lost = await asyncio.to_thread(query, url, status, run_id=first.run_id)
        assert lost != [("completed",)]
