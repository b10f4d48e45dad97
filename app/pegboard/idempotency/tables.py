"""IdempotentRequest."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pegboard.db.base import Base, JsonList, Owned


class IdempotentRequest(Owned, Base):
    """A request that came with a key, and what it was answered.

    `id` is that of the attempt that holds the row: a second attempt at the same request takes it
    over under a new id. While one is under way its process moves `lease_until` on. `written_at` is
    set by the very transaction that writes what was asked for, `made` are the rows that it added,
    as pairs of table and id. `status` is there once the answer is known; an answer that was too
    large to be kept has no `body`.
    """

    __tablename__ = "idempotent_requests"
    __table_args__ = (
        UniqueConstraint("tenant_id", "key_hash"),
        Index("ix_idempotent_requests_created_at", "created_at"),
    )

    key_hash: Mapped[bytes] = mapped_column(LargeBinary)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    lease_until: Mapped[datetime]
    written_at: Mapped[datetime | None]
    made: Mapped[JsonList]
    status: Mapped[int | None]
    headers: Mapped[JsonList | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
