"""URL in, page out, without ever reaching the inside of the network we run in.

A model chooses the URL, and what it has read may have told it which. So each hop is judged by the
addresses behind its name, and the connection is made to the address that was judged: a name that
means something else a moment later gains nothing by it.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Container, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import httpx

from pegboard.server_tools.web.addresses import Address, is_public
from pegboard.server_tools.web.bodies import ENCODINGS, UnusableBody, bounded_body
from pegboard.server_tools.web.content_types import content_type_of
from pegboard.server_tools.web.destinations import destination
from pegboard.server_tools.web.faults import PageRefused, PageUnavailable
from pegboard.server_tools.web.names import addresses_of

Resolve: TypeAlias = Callable[[str], Awaitable[Sequence[Address]]]

_MOST_REDIRECTS: Final = 5
_ADDRESSES_TRIED: Final = 3
_HEADERS: Final = {
    "User-Agent": "Pegboard",
    "Accept": "text/html, application/xhtml+xml, text/*;q=0.9, application/json;q=0.8",
    "Accept-Encoding": ENCODINGS,
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """`url` is where the page was found in the end; `charset` what its sender claims."""

    url: str
    content_type: str
    charset: str | None
    body: bytes


@dataclass(frozen=True, slots=True)
class _Moved:
    location: str


class Fetcher:
    """`timeout` is for everything together: names, hops and the body."""

    def __init__(
        self,
        *,
        allows: Callable[[Address], bool] = is_public,
        resolve: Resolve = addresses_of,
        ports: Container[int] = (80, 443),
        timeout: float = 10,
        largest: int = 2_000_000,
        certificates: ssl.SSLContext | None = None,
    ) -> None:
        self._allows = allows
        self._resolve = resolve
        self._ports = ports
        self._timeout = timeout
        self._largest = largest
        self._certificates = certificates or httpx.create_ssl_context()

    async def fetch(self, url: str) -> Fetched:
        """The page, after redirects. PageRefused for what we do not read, PageUnavailable for
        what did not come."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._follow(destination(url, ports=self._ports))
        except TimeoutError:
            raise PageUnavailable("The page takes too long to arrive") from None

    async def _follow(self, url: httpx.URL) -> Fetched:
        for _ in range(1 + _MOST_REDIRECTS):
            answer = await self._visit(url)
            if isinstance(answer, Fetched):
                return answer
            url = destination(answer.location, ports=self._ports, base=url)
        raise PageUnavailable(f"The page redirects more than {_MOST_REDIRECTS} times")

    async def _visit(self, url: httpx.URL) -> Fetched | _Moved:
        for address in await self._permitted(url):
            try:
                return await self._ask(url, address)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue  # Of a name's two families one often leads nowhere.
            except UnusableBody as error:
                raise PageUnavailable(f"The page {error}") from error
            except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
                raise PageUnavailable("The page's server broke off or made no sense") from error
        raise PageUnavailable("The page's server cannot be reached, or not securely")

    async def _permitted(self, url: httpx.URL) -> Sequence[Address]:
        """The addresses to try. One that is forbidden spoils the name: honest ones have none."""
        addresses = await self._resolve(url.raw_host.decode("ascii"))
        if not all(self._allows(address) for address in addresses):
            raise PageRefused("The URL leads to an address that is not on the public web")
        return addresses[:_ADDRESSES_TRIED]

    async def _ask(self, url: httpx.URL, address: Address) -> Fetched | _Moved:
        """One request to this very address, in the name of the URL's host.

        With a client of its own: one that is shared would keep cookies, and connections by
        address, on which the certificate was checked for another host.
        """
        async with (
            httpx.AsyncClient(
                verify=self._certificates,
                trust_env=False,  # a proxy would look the name up again
                follow_redirects=False,
                timeout=httpx.Timeout(None, connect=self._timeout / _ADDRESSES_TRIED),
                headers=_HEADERS,
            ) as client,
            client.stream(
                "GET",
                url.copy_with(host=str(address)),
                headers={"Host": url.netloc.decode("ascii")},
                # The name that TLS asks for and checks the certificate against.
                extensions={"sni_hostname": url.raw_host.decode("ascii")},
            ) as response,
        ):
            if response.has_redirect_location:
                return _Moved(response.headers["Location"])
            return await self._taken(url, response)

    async def _taken(self, url: httpx.URL, response: httpx.Response) -> Fetched:
        if not response.is_success:
            raise PageUnavailable(f"The page's server answered with status {response.status_code}")
        kind = content_type_of(response.headers.get("Content-Type", ""))
        if not kind.is_text:
            raise PageRefused(f"The page is not text, but {kind.name or 'of no known type'}")
        body = await bounded_body(response, largest=self._largest)
        return Fetched(str(url), kind.name, kind.charset, body)
