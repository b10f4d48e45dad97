"""Tenant, ApiKey and RequestAllowance."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from pegboard.db.base import Base


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
    """A key's SHA-256, never the key. `prefix` is what may be shown of it.

    Never removed while its tenant is there. A limit that is None is none. `last_used_at` is right
    to the minute.
    """

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
    expires_at: Mapped[datetime | None] = mapped_column(default=None)
    last_used_at: Mapped[datetime | None] = mapped_column(default=None)
    permissions: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default="{read,write}", default=lambda: ["read", "write"]
    )
    requests_per_minute: Mapped[int | None] = mapped_column(default=None)
    concurrent_runs: Mapped[int | None] = mapped_column(default=None)
    tokens_per_day: Mapped[int | None] = mapped_column(BigInteger, default=None)


class RequestAllowance(Base):
    """Until when a key has spent its allowance of requests, for keys that have a limit.

    The table is unlogged: a request need not wait for the disk, and after a crash of Postgres every
    key begins with a full allowance.
    """

    __tablename__ = "request_allowances"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    key_id: Mapped[UUID] = mapped_column(
        ForeignKey("api_keys.id", ondelete="CASCADE"), primary_key=True
    )
    spent_until: Mapped[datetime]
