"""The only start of a SELECT on owned rows."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from pegboard.db.base import Owned
from pegboard.errors import NotFound

OwnedRow = TypeVar("OwnedRow", bound=Owned)


@dataclass(frozen=True, slots=True)
class Scope:
    """A tenant, and the transaction it is asking in."""

    tenant_id: UUID
    session: AsyncSession

    def select(self, table: type[OwnedRow]) -> Select[OwnedRow]:
        return select(table).where(table.tenant_id == self.tenant_id)

    def select_columns(self, table: type[Owned], *columns: Any) -> Select[Any]:
        """Some columns instead of whole rows, where rows are many."""
        return select(*columns).where(table.tenant_id == self.tenant_id)

    async def get(self, table: type[OwnedRow], row_id: UUID, *, noun: str) -> OwnedRow:
        """The tenant's row, or NotFound, whether it is missing or another's."""
        row = await self.session.scalar(self.select(table).where(table.id == row_id))
        if row is None:
            raise NotFound(noun, row_id)
        return row

    async def held(self, table: type[OwnedRow], row_id: UUID) -> OwnedRow | None:
        """The tenant's row, which nobody else changes or removes before this transaction ends."""
        row: OwnedRow | None = await self.session.scalar(
            self.select(table).where(table.id == row_id).with_for_update()
        )
        return row


Scopes: TypeAlias = Callable[[UUID], AbstractAsyncContextManager[Scope]]
"""Opens a scope for a tenant: committed when left in peace, rolled back on an error."""


def scopes_of(sessions: async_sessionmaker[AsyncSession]) -> Scopes:
    @asynccontextmanager
    async def scope(tenant_id: UUID) -> AsyncIterator[Scope]:
        async with sessions.begin() as session:
            yield Scope(tenant_id, session)

    return scope
