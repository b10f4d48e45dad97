"""The neighbour: `python -m bench.neighbour.probe` sends small requests at a steady pace.

An open loop: each request is sent when it is due, also while others have not returned.
"""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import cycle
from time import monotonic
from typing import Any, Final

from bench.neighbour.calling import NO_ANSWER, Caller
from bench.neighbour.conversation import Order, obey
from bench.neighbour.samples import RequestKind, Sample, dues

SMALL_FILE: Final = b"A file of thirty-five bytes in all."

_KEY: Final = "neighbour"
_SOURCE: Final = "127.0.0.3"
_READ_EVERY: Final = 0.1
_MESSAGE_EVERY: Final = 0.2
_HEALTH_EVERY: Final = 0.1
_FILE_EVERY: Final = 1.5
_POLL_SECONDS: Final = 0.1
_PATIENCE: Final = 10.0
"""Seconds after which a client gives up."""

_FILE_PATIENCE: Final = 30.0


class Neighbour:
    """The requests of one tenant on one server."""

    def __init__(self, url: str) -> None:
        self._caller = Caller(url, _KEY, _SOURCE)
        self._health = self._caller.request("GET", "/healthz")
        self._pacers: list[asyncio.Task[None]] = []
        self._waiting: dict[asyncio.Task[int], tuple[RequestKind, float]] = {}
        self._samples: list[Sample] = []

    async def open(self) -> None:
        """Have what is asked for later; everything that a server loads late is loaded then."""
        caller = self._caller
        made = await caller.ask(caller.posting("/api/assistants", name=_KEY))
        assistant = made.json()["assistant_id"]
        self._reads = cycle(
            (
                caller.request("GET", f"/api/assistants/{assistant}"),
                caller.request("GET", "/api/threads?limit=10&include_messages=false"),
            )
        )
        self._message = caller.posting(
            "/api/threads/messages", assistant_id=assistant, content="What is new?"
        )
        self._upload = caller.uploading(
            f"/api/assistants/{assistant}/documents", "small.txt", SMALL_FILE
        )
        for _ in range(10):
            for request in (next(self._reads), next(self._reads), self._message):
                (await caller.ask(request)).json()
        if await self._index() != 200:
            raise RuntimeError("the neighbour's file was not indexed")

    def start(self, *, files: bool) -> None:
        begun = monotonic()

        def keep(
            kind: RequestKind, interval: float, offset: float, act: Callable[[], Awaitable[int]]
        ) -> None:
            times = dues(begun, interval=interval, offset=offset)
            self._pacers.append(asyncio.create_task(self._pace(kind, times, act)))

        keep(RequestKind.READ, _READ_EVERY, 0.0, lambda: self._ask(next(self._reads)))
        keep(RequestKind.MESSAGE, _MESSAGE_EVERY, 0.03, lambda: self._ask(self._message))
        keep(RequestKind.HEALTH, _HEALTH_EVERY, 0.06, lambda: self._ask(self._health))
        if files:
            keep(RequestKind.FILE, _FILE_EVERY, 0.09, self._index)

    async def stop(self, patience: float) -> list[Sample]:
        """All samples; what is not answered within `patience` is given up as it stands."""
        for pacer in self._pacers:
            pacer.cancel()
        self._pacers.clear()
        if self._waiting:
            await asyncio.wait(self._waiting, timeout=patience)
        now = monotonic()
        left, self._waiting = self._waiting, {}
        for task, (kind, due) in left.items():
            task.cancel()
            self._samples.append(Sample(kind, due, now - due, NO_ANSWER))
        samples, self._samples = self._samples, []
        return samples

    async def _pace(self, kind: RequestKind, times: Any, act: Callable[[], Awaitable[int]]) -> None:
        for due in times:
            await asyncio.sleep(max(0.0, due - monotonic()))
            task = asyncio.create_task(self._status_of(act))
            self._waiting[task] = (kind, due)
            task.add_done_callback(self._done)

    async def _status_of(self, act: Callable[[], Awaitable[int]]) -> int:
        return await act()

    def _done(self, task: asyncio.Task[int]) -> None:
        known = self._waiting.pop(task, None)
        if known is not None and not task.cancelled():
            kind, due = known
            self._samples.append(Sample(kind, due, monotonic() - due, task.result()))

    async def _ask(self, request: bytes) -> int:
        return (await self._caller.ask(request, patience=_PATIENCE)).status

    async def _index(self) -> int:
        """200 once the file is indexed, NO_ANSWER if that takes too long, or a refusal's status."""
        caller, deadline = self._caller, monotonic() + _FILE_PATIENCE
        sent = await caller.ask(self._upload, patience=_PATIENCE)
        if sent.status != 200:
            return sent.status
        path = f"/api/documents/{sent.json()['document_id']}/status"
        request = caller.request("GET", path)
        while monotonic() < deadline:
            answer = await caller.ask(request, patience=_PATIENCE)
            if answer.status == 200 and answer.json()["status"] == "indexed":
                return 200
            await asyncio.sleep(_POLL_SECONDS)
        return NO_ANSWER


def main() -> None:
    at_work: list[Neighbour] = []

    async def act(order: Order) -> Order:
        match order["order"]:
            case "open":
                at_work[:] = [Neighbour(order["url"])]
                await at_work[0].open()
            case "start":
                at_work[0].start(files=order["files"])
            case "stop":
                samples = await at_work[0].stop(order["patience"])
                return {"samples": [(s.kind, s.due, s.seconds, s.status) for s in samples]}
        return {}

    obey(act)


if __name__ == "__main__":
    main()
