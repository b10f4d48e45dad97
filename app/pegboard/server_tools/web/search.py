"""What a web search is to us. `searxng` is one; another needs only this method."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pegboard.errors import AppError, ErrorKind


@dataclass(frozen=True, slots=True)
class SearchResult:
    title: str
    url: str
    snippet: str


class SearchFailed(AppError):
    """The search service did not give results. The message does not tell where it is."""

    kind = ErrorKind.PROVIDER_FAILED
    code = "web_search_failed"


class SearchProvider(Protocol):
    async def search(self, query: str, *, limit: int) -> Sequence[SearchResult]:
        """The best results first, `limit` at most; SearchFailed when there is no telling."""
        ...
