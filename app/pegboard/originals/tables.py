"""OriginalId."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from pegboard.db.base import Base


class OriginalId(Base):
    """What an object was called elsewhere, and the id that is its own here.

    `imported_at` is null for what others only mention: a run, or a file whose bytes are still to
    come. The row outlives its object, so that what is gone is refused under the name it had, and
    is not brought back by importing once more.
    """

    __tablename__ = "original_ids"
    __table_args__ = (
        Index("ix_original_ids_tenant_id_object_id", "tenant_id", "object_id", unique=True),
    )

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True
    )
    original_id: Mapped[str] = mapped_column(primary_key=True)
    object_id: Mapped[UUID]
    imported_at: Mapped[datetime | None]
