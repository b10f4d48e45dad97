"""Requests to whichever server is there: sent again, or given up, as a careful client would."""

import asyncio
import json
from collections.abc import AsyncIterator
from random import Random
from typing import Any, Final
from uuid import UUID, uuid4

import httpx

from pegboard.public_ids import Prefix, public_id
from tests.faults.cluster import Cluster
from tests.faults.history import Record, Write

PAUSE_SECONDS: Final = 0.2
_LONGEST_PAUSE: Final = 2.0
Json = dict[str, Any]


class Caller:
    """One client: its key, what it draws at random, and the record that it keeps."""

    def __init__(
        self,
        name: str,
        *,
        key: str,
        cluster: Cluster,
        http: httpx.AsyncClient,
        record: Record,
        seed: str,
    ) -> None:
        self.name = name
        self.key = key
        self.cluster = cluster
        self.http = http
        self.record = record
        self.random = Random(seed)
        self._tokens = 0

    def new_token(self) -> str:
        self._tokens += 1
        return f"{self.name}-{self._tokens}"

    @property
    def headers(self) -> dict[str, str]:
        return {"X-API-Key": self.key, "Authorization": f"Bearer {self.key}"}

    def address(self, path: str) -> str:
        return self.cluster.any(self.random) + path

    async def insist(self, method: str, path: str, **body: Any) -> httpx.Response:
        """Ask for what changes nothing, or matters to nobody, until some server answers it."""
        while True:
            try:
                response = await self.http.request(
                    method, self.address(path), headers=self.headers, **body
                )
            except httpx.TransportError:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if response.status_code == 429:
                await asyncio.sleep(pause_of(response))
                continue
            if response.status_code < 500:
                return response
            await asyncio.sleep(PAUSE_SECONDS)

    async def write(
        self, path: str, write: Write, *, keyed: bool = True, again: bool = True, **body: Any
    ) -> httpx.Response | None:
        """Write once. The answer, or None where it is lost; the write has its fate then.

        With a key it is sent again until it is known what became of it: also after a 5xx if
        `again`, which for a message would be another attempt. Without one it is sent once. A
        server that is too busy has carried out nothing, and is asked again either way.
        """
        headers = {**self.headers, **({"Idempotency-Key": uuid4().hex} if keyed else {})}
        while True:
            try:
                response = await self.http.post(self.address(path), headers=headers, **body)
            except httpx.TransportError:
                await asyncio.sleep(PAUSE_SECONDS)
                if keyed:
                    continue
                return None
            match _judged(response):
                case "running":
                    await asyncio.sleep(PAUSE_SECONDS)
                case "busy":
                    await asyncio.sleep(pause_of(response))
                case "lost":
                    write.acknowledge()
                    write.made = response.text
                    return None
                case "failed" if keyed and again:
                    await asyncio.sleep(PAUSE_SECONDS)
                case "failed":
                    await asyncio.sleep(PAUSE_SECONDS)
                    return None
                case "done":
                    write.acknowledge()
                    return response
                case _:
                    write.refuse()
                    return response

    async def status_of(self, thread_id: str, run_id: str) -> str:
        """What /v1 says of a run; ids are those of /api."""
        thread = public_id(Prefix.THREAD, UUID(thread_id))
        run = public_id(Prefix.RUN, UUID(run_id))
        answer = await self.insist("GET", f"/v1/threads/{thread}/runs/{run}")
        return str(answer.json().get("status", "gone"))

    async def at_rest(self, thread_id: str, run_id: str) -> str:
        while True:
            status = await self.status_of(thread_id, run_id)
            if status not in {"queued", "in_progress", "cancelling"}:
                return status
            await asyncio.sleep(PAUSE_SECONDS)


def pause_of(response: httpx.Response) -> float:
    """Seconds that a server which has too much to do asks for: nothing was carried out."""
    seconds = response.headers.get("retry-after", "")
    return min(float(seconds), _LONGEST_PAUSE) if seconds.isdecimal() else PAUSE_SECONDS


def _judged(response: httpx.Response) -> str:
    text = response.text
    if response.status_code == 429:
        return "busy"
    if response.status_code in {409, 503} and "is still being carried out" in text:
        return "running"
    if "was carried out, but its answer" in text:
        return "lost"
    if response.status_code >= 500:
        return "failed"
    return "done" if response.status_code < 300 else "refused"


async def frames(response: httpx.Response) -> AsyncIterator[tuple[int | None, Json]]:
    """(number, event) of each frame of a stream, comments apart."""
    number = None
    async for line in response.aiter_lines():
        if line.startswith("id: "):
            number = int(line.removeprefix("id: "))
        elif line.startswith("data: "):
            yield number, json.loads(line.removeprefix("data: "))
            number = None
