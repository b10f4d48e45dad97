"""Search through a SearXNG of the operator's own.

Its JSON: https://docs.searxng.org/dev/search_api.html. The operator chose the URL, so it may well
be private and is not judged. What it answers is what strangers wrote.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

import httpx

from pegboard.server_tools.web.bodies import ENCODINGS, UnusableBody, bounded_body
from pegboard.server_tools.web.search import SearchFailed, SearchResult
from pegboard.strict_json import storable

_LARGEST: Final = 1_000_000
_LONGEST_TITLE: Final = 200
_LONGEST_URL: Final = 2_000
_LONGEST_SNIPPET: Final = 600
_HEADERS: Final = {
    "User-Agent": "Pegboard",
    "Accept": "application/json",
    "Accept-Encoding": ENCODINGS,
}


class SearxngSearch:
    """`timeout` is for one search as a whole."""

    def __init__(self, url: str, *, timeout: float = 10) -> None:
        self._url = url.rstrip("/") + "/search"
        self._timeout = timeout
        self._certificates = httpx.create_ssl_context()

    async def search(self, query: str, *, limit: int) -> Sequence[SearchResult]:
        try:
            async with asyncio.timeout(self._timeout):
                body = await self._ask(query)
        except TimeoutError:
            raise SearchFailed("The search service takes too long to answer") from None
        except UnusableBody as error:
            raise SearchFailed(f"The search service's answer {error}") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise SearchFailed("The search service cannot be reached") from error
        return tuple(islice(_results(_entries(body)), limit))

    async def _ask(self, query: str) -> bytes:
        async with (
            httpx.AsyncClient(
                verify=self._certificates,
                follow_redirects=False,
                timeout=None,  # noqa: S113  the whole search has a deadline
                headers=_HEADERS,
            ) as client,
            client.stream(
                "GET", self._url, params={"q": storable(query), "format": "json"}
            ) as response,
        ):
            if response.status_code == httpx.codes.FORBIDDEN:
                raise SearchFailed("The search service refuses; its search.formats may lack json")
            if response.status_code != httpx.codes.OK:
                raise SearchFailed(f"The search service answered with {response.status_code}")
            return await bounded_body(response, largest=_LARGEST)


def _entries(body: bytes) -> list[Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SearchFailed("The search service did not answer with JSON") from error
    match answer:
        case {"results": list(entries)}:
            return entries
    raise SearchFailed("The search service answered without results")


def _results(entries: list[Any]) -> Iterator[SearchResult]:
    """The entries that lead somewhere; engines behind SearXNG also send boxes and oddities."""
    for entry in entries:
        match entry:
            case {"url": str(url)} if url.startswith(("http://", "https://")):
                if len(url) <= _LONGEST_URL:  # cut short it would lead elsewhere
                    yield SearchResult(
                        title=_text(entry.get("title"), _LONGEST_TITLE),
                        url=storable(url),
                        snippet=_text(entry.get("content"), _LONGEST_SNIPPET),
                    )


def _text(value: object, longest: int) -> str:
    """On one line; "" for anything that is not text."""
    return " ".join(storable(value).split())[:longest] if isinstance(value, str) else ""
