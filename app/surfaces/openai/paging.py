"""The query of a list: `limit`, `order`, `after` and `before`, refused in OpenAI's words.

An endpoint asks for `Annotated[Page, Depends(page_of(Prefix.ASSISTANT))]`.
"""

from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from app.db.pages import Page
from app.surfaces.openai.faults import BadParameter
from app.surfaces.openai.public_ids import Prefix, uuid_of

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
        if order not in {"asc", "desc"}:
            raise BadParameter(
                f"Invalid value: '{order[:50]}'. Supported values are: 'asc' and 'desc'.",
                param="order",
            )
        return Page(
            limit=limit,
            descending=order == "desc",
            after=_cursor("after", prefix, after),
            before=_cursor("before", prefix, before),
        )

    return read


def check_range(param: str, value: int, *, least: int, most: int) -> None:
    if value < least:
        bound, wanted, code = "below minimum", f">= {least}", "integer_below_min_value"
    elif value > most:
        bound, wanted, code = "above maximum", f"<= {most}", "integer_above_max_value"
    else:
        return
    raise BadParameter(
        f"Invalid '{param}': integer {bound} value. Expected a value {wanted}, but got {value} "
        "instead.",
        param=param,
        code=code,
    )


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
