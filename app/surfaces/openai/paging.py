"""The query of a list: `limit`, `order`, `after` and `before`, refused in OpenAI's words.

An endpoint asks for `Annotated[Page, Depends(page_of(Prefix.ASSISTANT))]`.
"""

from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from app.db.pages import Page
from app.surfaces.openai.faults import BadParameter
from app.surfaces.openai.public_ids import Prefix, uuid_of
from app.surfaces.openai.wire.limits import check_choice, check_range

USUAL: Final = 20
MOST: Final = 100


def page_of(
    prefix: Prefix, *, usual: int = USUAL, most: int = MOST
) -> Callable[..., Awaitable[Page]]:
    """A dependency that reads the page from the query; cursors are ids with `prefix`."""

    async def read(
        limit: int = usual,
        order: str = "desc",
        after: str | None = None,
        before: str | None = None,
    ) -> Page:
        check_range("limit", limit, least=1, most=most)
        check_choice("order", order, ("asc", "desc"))
        return Page(
            limit=limit,
            descending=order == "desc",
            after=_cursor("after", prefix, after),
            before=_cursor("before", prefix, before),
        )

    return read


def _cursor(param: str, prefix: Prefix, text: str | None) -> UUID | None:
    """An empty cursor is none: clients send `after=` for the first page."""
    if not text:
        return None
    cursor = uuid_of(prefix, text)
    if cursor is None:
        raise BadParameter(
            f"Invalid '{param}': '{text[:100]}'. Expected an ID that begins with "
            f"'{prefix.rstrip('_-')}'.",
            param=param,
        )
    return cursor
