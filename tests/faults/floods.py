"""`python -m tests.faults.floods`: a tenant that floods every server it is told of, until its
input is closed.

In a process of its own, so that the clients of the trial have their time. What becomes of its
requests matters to nobody; it goes on where servers are killed.
"""

import asyncio
import json
import socket
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import StrEnum
from itertools import count
from random import Random
from time import monotonic, process_time
from typing import Final

from bench.neighbour import bodies
from bench.neighbour.calling import NO_ANSWER, Caller

_KEY: Final = "crowd"
_SOURCE: Final = "127.0.0.2"
_PATIENCE: Final = 30.0
_PAUSE_SECONDS: Final = 0.2
_HELD_SECONDS: Final = 15.0
"""How long a stream is kept open without being read: longer than a lease."""


class Flood(StrEnum):
    READS = "reads"
    WRITES = "writes"
    UPLOADS = "uploads"
    HOSTILE = "hostile"
    UNREAD = "unread"


_CLIENTS: Final = {
    Flood.READS: 6,
    Flood.WRITES: 6,
    Flood.UPLOADS: 4,
    Flood.HOSTILE: 2,
    Flood.UNREAD: 20,
}


class Flooder:
    def __init__(self) -> None:
        self.urls: list[str] = []
        self.answers: Counter[str] = Counter()
        """By flood and what came of the request, parted by a colon."""

        self._random = Random(0)
        self._numbers = count()
        self._hostile = (
            ("/api/assistants", bodies.zeros_as_tools(900_000)),
            ("/api/assistants", bodies.valid_tools(10_000)),
            ("/api/threads/messages", bodies.message_with_keys(100_000)),
            ("/api/threads/messages", bodies.message_with_reply(1_000_000)),
            ("/api/threads/messages", bodies.message_with_pattern()),
            ("/v1/chat/completions", bodies.completion_with_pattern()),
            ("/v1/chat/completions", b"[" * 100_000),
        )

    async def go_on(self, flood: Flood) -> None:
        acts: dict[Flood, Callable[[Caller], Awaitable[int]]] = {
            Flood.READS: self._read,
            Flood.WRITES: self._write,
            Flood.UPLOADS: self._upload,
            Flood.HOSTILE: self._be_hostile,
            Flood.UNREAD: self._leave_unread,
        }
        while True:
            if not self.urls:
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            caller = Caller(self._random.choice(self.urls), _KEY, _SOURCE)
            status = await acts[flood](caller)
            self.answers[f"{flood}:{_outcome(status)}"] += 1
            if not 200 <= status < 300:
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _read(self, caller: Caller) -> int:
        path = self._random.choice(("/api/assistants", "/api/threads?limit=50"))
        return await _status(caller, caller.request("GET", path))

    async def _write(self, caller: Caller) -> int:
        request = self._random.choice(
            (
                caller.posting("/api/assistants", name="one of many"),
                caller.posting("/api/threads/messages", content="Hello there"),
                caller.posting("/api/threads/messages", content="Keep", send_to_llm=False),
            )
        )
        return await _status(caller, request)

    async def _upload(self, caller: Caller) -> int:
        """A file of its own assistant each, since a server may be too young to know an older."""
        made = await caller.ask(
            caller.posting("/api/assistants", name="reader"), patience=_PATIENCE
        )
        if made.status != 200:
            return made.status
        path = f"/api/assistants/{made.json()['assistant_id']}/documents"
        name = f"small-{next(self._numbers)}.txt"
        return await _status(caller, caller.uploading(path, name, name.encode()))

    async def _be_hostile(self, caller: Caller) -> int:
        path, body = self._random.choice(self._hostile)
        return await _status(caller, caller.request("POST", path, body))

    async def _leave_unread(self, caller: Caller) -> int:
        script = {"sandbox": {"reply": ("x" * 99 + " ") * 60, "delay_ms": 100}}
        request = caller.posting(
            "/api/threads/messages", content="Tell me", stream=True, metadata=script
        )
        loop = asyncio.get_running_loop()
        with socket.socket() as connection, suppress(OSError):
            connection.setblocking(False)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            if caller.source_address is not None:
                connection.bind(caller.source_address)
            async with asyncio.timeout(_PATIENCE):
                await loop.sock_connect(connection, caller.place)
                await loop.sock_sendall(connection, request)
            await asyncio.sleep(_HELD_SECONDS)
            return _lying_there(connection)
        return NO_ANSWER


async def _status(caller: Caller, request: bytes) -> int:
    return (await caller.ask(request, patience=_PATIENCE, whole=False)).status


def _lying_there(connection: socket.socket) -> int:
    head = connection.recv(12)
    return int(head[9:12]) if len(head) == 12 else NO_ANSWER


def _outcome(status: int) -> str:
    if status == NO_ANSWER:
        return "cut off"
    if status == 429:
        return "refused as too many"
    if status >= 500:
        return "failed"
    return "refused" if status >= 400 else "answered"


async def _run(floods: list[Flood]) -> None:
    flooder, begun = Flooder(), monotonic()
    going = [
        asyncio.create_task(flooder.go_on(flood))
        for flood in floods
        for _ in range(_CLIENTS[flood])
    ]
    while line := await asyncio.to_thread(sys.stdin.readline):
        flooder.urls = json.loads(line)
    for task in going:
        task.cancel()
    await asyncio.gather(*going, return_exceptions=True)
    for task in going:
        if not task.cancelled():
            task.result()
    share = process_time() / (monotonic() - begun)
    print(json.dumps({"answers": flooder.answers, "share": share}))


if __name__ == "__main__":
    asyncio.run(_run([Flood(name) for name in sys.argv[1:]]))
