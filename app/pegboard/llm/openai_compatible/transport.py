"""HTTP to one endpoint, over connections that are kept. The only module that imports aiohttp.

Proxies and certificates are those of the usual variables. No redirection is followed, no cookie
kept, and no `.netrc` read: a key goes to the address that the operator named, and nowhere else.
"""

import asyncio
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Final

import aiohttp
import certifi

from pegboard.llm import failures
from pegboard.llm.error_answers import BROKE_OFF, TOO_LATE, UNREACHABLE, UNREADABLE
from pegboard.llm.openai_compatible.proxies import proxy_to

LONGEST_BODY: Final = 16 * 1024 * 1024
"""Bytes of an answer that comes in one. It is decoded in one step, which holds up the event loop
for 2 ms a megabyte."""

_CA_FILES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_IDLE_SECONDS: Final = 60.0
_STALE_AT_MOST: Final = 3
_LEFTOVER_SECONDS: Final = 1.0
_HEADERS: Final = {
    "Content-Type": "application/json",
    "User-Agent": "pegboard",
    # What is packed arrives late, and has no bound before it is unpacked.
    "Accept-Encoding": "identity",
}


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: to be connected, to a stream's first byte, and of silence anywhere later."""

    connect: float
    first_byte: float
    silence: float


class Answer:
    """What came back; given up by `finish` or `abandon`."""

    __slots__ = ("_pool", "_response")

    def __init__(self, response: aiohttp.ClientResponse, pool: "Pool") -> None:
        self._response = response
        self._pool = pool

    @property
    def status(self) -> int:
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self._response.headers

    @property
    def kind(self) -> str:
        """The media type, "" where none is told."""
        return self._response.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    async def receive(self) -> bytes:
        """What has arrived, as soon as anything has; nothing at the end."""
        try:
            return await self._response.content.readany()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise _failure(error) from error

    async def body(self) -> bytes:
        data = bytearray()
        while received := await self.receive():
            data += received
            if len(data) > LONGEST_BODY:
                raise failures.ProviderUnavailable(UNREADABLE)
        return bytes(data)

    def finish(self) -> None:
        """All that matters is read: the connection goes back as soon as the answer has ended."""
        if self._response.content.at_eof():
            self._response.release()
        else:
            self._pool.keep(asyncio.ensure_future(self._read_leftover()))

    def abandon(self) -> None:
        self._response.close()

    async def _read_leftover(self) -> None:
        try:
            async with asyncio.timeout(_LEFTOVER_SECONDS):
                while await self._response.content.readany():
                    pass
        except (aiohttp.ClientError, OSError, TimeoutError):
            pass
        finally:
            self._response.close()


class Pool:
    """Connections to one address, `size` of them at most."""

    def __init__(
        self, url: str, *, size: int, patience: Patience, authorities: ssl.SSLContext
    ) -> None:
        self._url = url
        self._patience = patience
        self._timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=patience.connect, sock_read=patience.silence
        )
        self._proxy = proxy_to(url)
        self._leftovers: set[asyncio.Future[None]] = set()
        tracing = aiohttp.TraceConfig()
        tracing.on_connection_reuseconn.append(_note_reuse)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=size, keepalive_timeout=_IDLE_SECONDS, ssl=authorities
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_HEADERS,
            trace_configs=[tracing],
        )

    async def post(
        self, body: bytes, headers: Mapping[str, str], *, first_byte: float | None = None
    ) -> Answer:
        """The beginning of the answer. Raises one of the failures of a connection."""
        patience = self._patience.silence if first_byte is None else first_byte
        try:
            async with asyncio.timeout(patience):
                return Answer(await self._post(body, headers), self)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise _failure(error) from error

    async def _post(self, body: bytes, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
        """A connection that was kept may have been closed by the other side this very moment; then
        nobody has read what was sent, and it is sent again."""
        stale = 0
        while True:
            attempt = SimpleNamespace(reuses=False)
            try:
                return await self._session.post(
                    self._url,
                    data=body,
                    headers=headers,
                    proxy=self._proxy,
                    timeout=self._timeout,
                    allow_redirects=False,
                    trace_request_ctx=attempt,
                )
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                stale += 1
                if not attempt.reuses or stale > _STALE_AT_MOST:
                    raise

    def keep(self, leftover: asyncio.Future[None]) -> None:
        self._leftovers.add(leftover)
        leftover.add_done_callback(self._leftovers.discard)

    async def close(self) -> None:
        for leftover in self._leftovers:
            leftover.cancel()
        await self._session.close()


async def _note_reuse(
    session: aiohttp.ClientSession,
    context: SimpleNamespace,
    parameters: aiohttp.TraceConnectionReuseconnParams,
) -> None:
    context.trace_request_ctx.reuses = True


def _failure(error: Exception) -> failures.ModelFailure:
    """None of the library's words: they tell addresses."""
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.InvalidURL):
        return failures.ProviderUnavailable(UNREACHABLE)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return failures.ProviderUnavailable(UNREACHABLE)
    if isinstance(error, TimeoutError):
        return failures.ProviderTimedOut(TOO_LATE)
    if isinstance(error, ValueError) and not isinstance(error, aiohttp.ClientError):
        return failures.ProviderUnavailable(UNREACHABLE)
    return failures.ProviderUnavailable(BROKE_OFF)


def authorities() -> ssl.SSLContext:
    """Those of the usual variables, else those that come with the installation. Takes tens of
    milliseconds."""
    named = (path for name in _CA_FILES if (path := os.environ.get(name)))
    file = next(filter(os.path.isfile, named), None)
    folder = os.environ.get("SSL_CERT_DIR")
    if file or folder:
        return ssl.create_default_context(cafile=file, capath=folder)
    return ssl.create_default_context(cafile=certifi.where())
