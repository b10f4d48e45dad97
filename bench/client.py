"""A lean HTTP client, the same for every server: httpx would take longer than some of them.

One connection, kept alive, one request at a time, HTTP/1.1 as uvicorn speaks it.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

_READ_AHEAD: Final = 1024 * 1024
_BOUNDARY: Final = "pegboard-bench-cuts-here"


class Unexpected(RuntimeError):
    """A server answered something that would make the figures meaningless."""


@dataclass(frozen=True, slots=True)
class Connection:
    host: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def get(self, path: str) -> bytes:
        self._send("GET", path, b"")
        return await self._whole()

    async def post(self, path: str, body: bytes) -> bytes:
        self._send("POST", path, body)
        return await self._whole()

    async def upload(self, path: str, filename: str, content: bytes) -> bytes:
        """A form with one file."""
        head = (
            f"--{_BOUNDARY}\r\nContent-Disposition: form-data; "
            f'name="file"; filename="{filename}"\r\n\r\n'
        )
        body = head.encode() + content + f"\r\n--{_BOUNDARY}--\r\n".encode()
        self._send("POST", path, body, f"multipart/form-data; boundary={_BOUNDARY}")
        return await self._whole()

    async def post_json(self, path: str, **fields: Any) -> Any:
        return json.loads(await self.post(path, json.dumps(fields).encode()))

    async def stream(self, path: str, body: bytes) -> AsyncIterator[bytes]:
        """The body of the answer as its HTTP chunks come in. To be read to its end."""
        self._send("POST", path, body)
        headers = await self._headers()
        if b"transfer-encoding: chunked" not in headers:
            raise Unexpected(headers.decode())
        while size := int(await self.reader.readline(), 16):
            yield (await self.reader.readexactly(size + 2))[:size]
        await self.reader.readline()

    def _send(
        self, method: str, path: str, body: bytes, content_type: str = "application/json"
    ) -> None:
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\nX-API-Key: bench\r\n"
            f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.writer.write(head.encode() + body)

    async def _whole(self) -> bytes:
        headers = await self._headers()
        _, _, rest = headers.partition(b"content-length:")
        return await self.reader.readexactly(int(rest.split(b"\r\n", 1)[0]))

    async def _headers(self) -> bytes:
        headers = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        if not headers.startswith((b"http/1.1 200", b"http/1.1 201")):
            left = await self.reader.read(2000)
            raise Unexpected((headers + left).decode(errors="replace"))
        return headers


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(
        address.hostname, address.port, limit=_READ_AHEAD
    )
    try:
        yield Connection(address.netloc, reader, writer)
    finally:
        writer.close()
