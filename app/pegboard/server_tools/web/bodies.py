"""The body of an answer, never more of it than we agreed to hold."""

import zlib
from typing import Final

import httpx

ENCODINGS: Final = "gzip"
"""What to ask for. Decoders that know no limit turn one packet into gigabytes, and stacked ones
into more; so we decode ourselves, and only this."""

_GZIP: Final = zlib.MAX_WBITS | 16


class UnusableBody(Exception):
    """The body is too large or cannot be decoded. The text says which, to follow "The page"."""


async def bounded_body(response: httpx.Response, *, largest: int) -> bytes:
    """The decoded body of at most so many bytes, on its way as well as decoded.

    What the headers say of its length is not asked: they can lie.
    """
    inflate = _inflater(response)
    body = bytearray()
    received = 0
    async for piece in response.aiter_raw():
        received += len(piece)
        # One byte more than allowed tells the too large from the just right.
        body += inflate.decompress(piece, largest + 1 - len(body)) if inflate else piece
        if max(received, len(body)) > largest:
            raise UnusableBody(f"is larger than {largest:,} bytes")
    if inflate and received and not inflate.eof:
        raise UnusableBody("is cut off")
    return bytes(body)


class _Inflater:
    """zlib's own, in our words for what goes wrong."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(_GZIP)

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    def decompress(self, piece: bytes, most: int) -> bytes:
        try:
            return self._zlib.decompress(piece, most)
        except zlib.error as error:
            raise UnusableBody("is damaged") from error


def _inflater(response: httpx.Response) -> _Inflater | None:
    match response.headers.get("Content-Encoding", "").strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip":
            return _Inflater()
    raise UnusableBody("is encoded in a way that was not asked for")
