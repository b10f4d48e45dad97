"""The body of a request, read whole before anything is done, and what identifies it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile
from typing import Final

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.types import Message, Receive

_IN_MEMORY: Final = 256 * 1024
_PIECE: Final = 64 * 1024
_INSTEAD_OF_BOUNDARY: Final = b"\0boundary\0"


class ClientLeft(Exception):
    """The client hung up before its request was complete."""


class RequestBody:
    """In memory while it is small, in a file otherwise."""

    def __init__(self, file: "SpooledTemporaryFile[bytes]", size: int, digest: bytes) -> None:
        self._file = file
        self._left = size
        self._first = True
        self.size = size
        self.digest = digest

    async def receive(self) -> Message:
        """The body again, for the application. It never learns that the client has hung up.

        A client with a key will ask again, and is then given the answer: so there has to be one.
        """
        if not self._left and not self._first:
            await asyncio.Event().wait()
        self._first = False
        piece = await self._read(_PIECE)
        self._left -= len(piece)
        return {"type": "http.request", "body": piece, "more_body": self._left > 0}

    async def whole(self) -> bytes:
        """All of it at once, for a body that is known to be small."""
        self._file.seek(0)
        return await self._read(self.size)

    async def _read(self, size: int) -> bytes:
        if self.size <= _IN_MEMORY:
            return self._file.read(size)
        return await asyncio.to_thread(self._file.read, size)


@asynccontextmanager
async def read_body(headers: Headers, receive: Receive) -> AsyncIterator[RequestBody]:
    """The body, for as long as the block lasts. Raises ClientLeft, and what `receive` raises."""
    digest = _Digest(_boundary_of(headers))
    size = 0
    with SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                raise ClientLeft
            piece = message.get("body", b"")
            more = message.get("more_body", False)
            size += len(piece)
            digest.update(piece)
            if size > _IN_MEMORY:
                await asyncio.to_thread(file.write, piece)
            else:
                file.write(piece)
        file.seek(0)
        yield RequestBody(file, size, digest.finish())


class _Digest:
    """SHA-256 of a body. Where it has a boundary, which one is the same to us.

    Clients draw a new boundary each time they send a form, also when they repeat one.
    """

    def __init__(self, boundary: bytes) -> None:
        self._hash = hashlib.sha256()
        self._boundary = boundary
        self._tail = b""

    def update(self, piece: bytes) -> None:
        if not self._boundary:
            self._hash.update(piece)
            return
        *parts, rest = (self._tail + piece).split(self._boundary)
        if parts:
            # Joined, as a boundary may be one character, and a piece be made of nothing else.
            self._hash.update(_INSTEAD_OF_BOUNDARY.join((*parts, b"")))
        # The end may be the beginning of a boundary.
        cut = max(0, len(rest) - len(self._boundary) + 1)
        self._hash.update(rest[:cut])
        self._tail = rest[cut:]

    def finish(self) -> bytes:
        self._hash.update(self._tail)
        return self._hash.digest()


def _boundary_of(headers: Headers) -> bytes:
    kind, options = parse_options_header(headers.get("content-type", ""))
    return options.get(b"boundary", b"") if kind == b"multipart/form-data" else b""
