"""Requests on a connection of their own each, as from clients that come and go.

A kept connection would not show that nobody else is accepted any more.
"""

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

NO_ANSWER: Final = 0
"""The status of a request that was not answered: refused, cut off, or too late."""

_BOUNDARY: Final = "pegboard-bench-cuts-here"
_READ_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes

    def json(self) -> Any:
        if not 200 <= self.status < 300:
            raise RuntimeError(f"answered {self.status}: {self.body[:300]!r}")
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Caller:
    """One client of a server. `source` is the address it calls from, to be another's than most."""

    url: str
    key: str
    source: str

    def request(
        self, method: str, path: str, body: bytes = b"", content_type: str = "application/json"
    ) -> bytes:
        """All of a request, to be sent as often as wanted."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {urlsplit(self.url).netloc}\r\n"
            f"X-API-Key: {self.key}\r\nAuthorization: Bearer {self.key}\r\nConnection: close\r\n"
            f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def posting(self, path: str, **fields: Any) -> bytes:
        return self.request("POST", path, json.dumps(fields, separators=(",", ":")).encode())

    def uploading(self, path: str, filename: str, content: bytes, **fields: str) -> bytes:
        parts = [
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        parts.append(
            f"--{_BOUNDARY}\r\nContent-Disposition: form-data; "
            f'name="file"; filename="{filename}"\r\n\r\n'
        )
        body = "".join(parts).encode() + content + f"\r\n--{_BOUNDARY}--\r\n".encode()
        return self.request("POST", path, body, f"multipart/form-data; boundary={_BOUNDARY}")

    @property
    def place(self) -> tuple[str, int]:
        address = urlsplit(self.url)
        assert address.hostname is not None
        assert address.port is not None
        return address.hostname, address.port

    @property
    def source_address(self) -> tuple[str, int] | None:
        """Elsewhere than on Linux only 127.0.0.1 is there without being set up."""
        return (self.source, 0) if sys.platform == "linux" else None

    async def ask(
        self, request: bytes, *, patience: float | None = None, whole: bool = True
    ) -> Answer:
        """The answer to a whole request; NO_ANSWER where none came within `patience` seconds.

        Unless `whole`, all of it is read, but only its beginning is kept.
        """
        received: list[bytes] = []
        try:
            async with asyncio.timeout(patience):
                await self._exchange(request, received, whole)
        except TimeoutError:
            return Answer(NO_ANSWER, b"")
        except (OSError, ValueError):
            # An early refusal may be followed by a reset: what was read of it counts.
            pass
        return parsed(b"".join(received))

    async def _exchange(self, request: bytes, received: list[bytes], whole: bool) -> None:
        reader, writer = await asyncio.open_connection(
            *self.place, local_addr=self.source_address, limit=_READ_BYTES
        )
        try:
            # Not drained first: a server may answer, and close, before it has read everything.
            writer.write(request)
            while piece := await reader.read(_READ_BYTES):
                if whole or not received:
                    received.append(piece)
        finally:
            writer.transport.abort()


def parsed(received: bytes) -> Answer:
    """What was read of an answer until the connection was closed, which may be all or a part."""
    head, _, rest = received.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 "):
        return Answer(NO_ANSWER, b"")
    status = int(head[9:12])
    if b"transfer-encoding: chunked" not in head.lower():
        return Answer(status, rest)
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size or b"0", 16)
        if not length:
            break
        body, rest = body + rest[:length], rest[length + 2 :]
    return Answer(status, body)
