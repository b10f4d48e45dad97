"""Tenant and ApiKey."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base


class Tenant(Base):
    """The owner of assistants, threads and all that hangs on them.

    `imported_at` is when objects of another server were first brought here: only such a tenant's
    requests are searched for ids from there.
    """

    __tablename__ = "tenants"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    imported_at: Mapped[datetime | None] = mapped_column(default=None)


class ApiKey(Base):
    """A key's SHA-256, never the key. `prefix` is what may be shown of it."""

    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("tenants.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str]
    prefix: Mapped[str]
    key_hash: Mapped[str] = mapped_column(unique=True)
    minted: Mapped[bool]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
