"""The ways to flood a server: all at once, steadily, without reading, without finishing a line."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from bench.neighbour.calling import NO_ANSWER, Caller

UNANSWERED: Final = "unanswered"
_REFUSED_PAUSE: Final = 0.05
_SMALLEST_SEGMENT: Final = 536


@dataclass(slots=True)
class Crowd:
    """One tenant with many connections. `seconds` is how long steady floods and idlers go on."""

    caller: Caller
    seconds: float
    answers: Counter[str] = field(default_factory=Counter)

    async def send(self, request: bytes) -> int:
        try:
            status = (await self.caller.ask(request, whole=False)).status
        except asyncio.CancelledError:
            self.answers[UNANSWERED] += 1
            raise
        self.answers[str(status) if status != NO_ANSWER else "cut off"] += 1
        return status

    async def all_at_once(self, requests: Sequence[bytes], *, width: int | None = None) -> None:
        """Each once, `width` of them at a time."""
        waiting = iter(requests)

        async def go_on() -> None:
            for request in waiting:
                await self.send(request)

        async with asyncio.TaskGroup() as group:
            for _ in range(width or len(requests)):
                group.create_task(go_on())

    async def steadily(self, request: Callable[[], bytes], *, clients: int) -> None:
        """As many clients send one request after the other; a refused one pauses for a blink."""
        end = monotonic() + self.seconds

        async def go_on() -> None:
            while monotonic() < end:
                status = await self.send(request())
                if not 200 <= status < 300:
                    await asyncio.sleep(_REFUSED_PAUSE)

        async with asyncio.TaskGroup() as group:
            for _ in range(clients):
                group.create_task(go_on())

    async def never_read(self, requests: Sequence[bytes]) -> None:
        """Send each on a connection of its own, and take nothing from it; see then what was there.

        Small segments and the smallest buffer: the system takes some 40 kB for us, not megabytes.
        """
        async with self._connected(len(requests), unread=True) as connections:
            self.answers["not accepted"] += len(requests) - len(connections)
            pairs = zip(connections, requests, strict=False)
            await asyncio.gather(*(_sent(one, request) for one, request in pairs))
            await asyncio.sleep(self.seconds)
            self.answers.update(map(_unread_status, connections))

    async def half_a_line(self, line: bytes, count: int) -> None:
        """Hold connections on each of which the same beginning was sent."""
        async with self._connected(count) as connections:
            self.answers["not accepted"] += count - len(connections)
            await asyncio.gather(*(_sent(one, line) for one in connections))
            await asyncio.sleep(self.seconds)
            self.answers.update(map(_unread_status, connections))

    @asynccontextmanager
    async def _connected(
        self, count: int, *, unread: bool = False
    ) -> AsyncIterator[list[socket.socket]]:
        connections = [socket.socket() for _ in range(count)]
        try:
            done = await asyncio.gather(*(self._connect(one, unread) for one in connections))
            yield [one for one, connected in zip(connections, done, strict=True) if connected]
        finally:
            for one in connections:
                one.close()

    async def _connect(self, connection: socket.socket, unread: bool) -> bool:
        connection.setblocking(False)
        if unread:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _SMALLEST_SEGMENT)
        if self.caller.source_address is not None:
            connection.bind(self.caller.source_address)
        try:
            async with asyncio.timeout(self.seconds):
                await asyncio.get_running_loop().sock_connect(connection, self.caller.place)
        except OSError:  # which a TimeoutError is
            return False
        return True


async def _sent(connection: socket.socket, request: bytes) -> None:
    with suppress(OSError):  # cut off already: what is left in the buffer tells
        await asyncio.get_running_loop().sock_sendall(connection, request)


def _unread_status(connection: socket.socket) -> str:
    """The status that lies there unread, and whether the server has cut the connection off."""
    status, cut = "", ""
    try:
        while piece := connection.recv(65536):
            status = status or piece[9:12].decode(errors="replace")
        cut = "cut off"
    except BlockingIOError:
        cut = "" if status else "held"
    except OSError:
        cut = "cut off"
    return " ".join(part for part in (status, cut) if part)
