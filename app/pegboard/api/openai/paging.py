"""The query of a list: `limit`, `order`, `after` and `before`, refused in OpenAI's words.

An endpoint asks for `Annotated[Page, Depends(page_of(Prefix.ASSISTANT))]`.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from uuid import UUID

from pegboard.api.openai.faults import BadParameter
from pegboard.api.openai.wire.limits import check_choice, check_range
from pegboard.api.openai.wire.lists import listed
from pegboard.db.base import JsonDict
from pegboard.db.pages import Page
from pegboard.public_ids import Prefix, public_id, uuid_of

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


def cut_page(objects: Sequence[JsonDict], requested: Page, prefix: Prefix) -> JsonDict:
    """The page of objects that are few, and so all at hand, oldest first; their list's envelope."""
    chosen = objects[::-1] if requested.descending else objects
    places = {one["id"]: at for at, one in enumerate(chosen)}
    start, end = 0, len(chosen)
    for cursor, after in ((requested.after, True), (requested.before, False)):
        at = None if cursor is None else places.get(public_id(prefix, cursor))
        if at is not None:
            start, end = (at + 1, end) if after else (start, at)
    between = chosen[start:end]
    backwards = requested.before is not None and requested.after is None
    page = between[-requested.limit :] if backwards else between[: requested.limit]
    return listed(page, has_more=len(between) > requested.limit)


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
