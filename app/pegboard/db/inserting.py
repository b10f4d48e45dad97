"""Write one new row at once, past the session's unit of work.

On the way of every message that unit costs more than the statement itself. The row is read from
afterwards, and not tracked: what is changed in it is not written.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import ClauseElement, Identity, Insert, Table, insert, inspect
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard.db.base import Base

ON_INSERT: Final = "on_insert"


@dataclass(frozen=True, slots=True)
class _Form:
    """`columns`: (attribute, column, value where none is set) of all that the database does not."""

    statement: Insert
    columns: tuple[tuple[str, str, Any], ...]


async def insert_row(session: AsyncSession, row: Base) -> None:
    """Raises IntegrityError. Attributes may be SQL expressions; they are left as they are.

    The session's `info` may hold ON_INSERT, which is called with the row.
    """
    form, values, expressions = _form_of(type(row)), {}, {}
    attributes = row.__dict__
    for attribute, column, default in form.columns:
        value = attributes.get(attribute, default)
        if isinstance(value, ClauseElement):
            expressions[column] = value
        else:
            values[column] = value
    statement = form.statement.values(expressions) if expressions else form.statement
    await session.execute(statement, values)
    on_insert = session.info.get(ON_INSERT)
    if on_insert is not None:
        on_insert(row)


@cache
def _form_of(kind: type[Base]) -> _Form:
    mapper = inspect(kind)
    pairs = [(attribute.key, attribute.columns[0]) for attribute in mapper.column_attrs]
    return _Form(
        insert(cast(Table, kind.__table__)),
        tuple(
            (key, column.key, getattr(column.default, "arg", None))
            for key, column in pairs
            if not isinstance(column.server_default, Identity)
        ),
    )
