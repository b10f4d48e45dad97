"""A page of rows by keyset: where it starts is an id, never a count.

Ids are of version 7 and sort by the time they were made, so that an id is a place in the list even
after its row is gone.
"""

from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

Row = TypeVar("Row")

_FEW: Final = 25
"""Rows that are read at once: each may be large, and others have a turn in between."""

_MANY: Final = 250


@dataclass(frozen=True, slots=True)
class Page:
    """What is requested: rows strictly between `after` and `before`, in the order of the list.

    Where only `before` is given, those are meant that stand directly before it.
    """

    limit: int = 20
    descending: bool = True
    after: UUID | None = None
    before: UUID | None = None


@dataclass(frozen=True, slots=True)
class Rows(Generic[Row]):
    """A page of rows; `has_more` when the list goes on in the direction that was read."""

    rows: list[Row]
    has_more: bool


async def rows_of(
    session: AsyncSession,
    rows: Select[Row],
    page: Page,
    *,
    key: InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None],
) -> Rows[Row]:
    """The page of a select that has no order of its own, by `key`."""
    backwards = page.before is not None and page.after is None
    chosen: Select[Any] = rows
    if page.after is not None:
        chosen = chosen.where(key < page.after if page.descending else key > page.after)
    if page.before is not None:
        chosen = chosen.where(key > page.before if page.descending else key < page.before)
    falling = page.descending is not backwards
    chosen = chosen.order_by(key.desc() if falling else key)
    read: list[Row] = []
    few = _FEW if page.limit <= _MANY else _MANY
    wanted = page.limit + 1
    while True:
        part = list((await session.scalars(chosen.limit(min(few, wanted - len(read))))).all())
        read += part
        if len(part) < few or len(read) == wanted:
            break
        last = getattr(part[-1], key.key)
        chosen = chosen.where(key < last if falling else key > last)
    page_rows = read[: page.limit]
    return Rows(page_rows[::-1] if backwards else page_rows, len(read) > page.limit)
