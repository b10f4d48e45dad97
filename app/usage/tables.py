"""UsageRecord."""

from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Owned


class Purpose(StrEnum):
    """What a model was asked for: a run, one completion, or to learn what to remember."""

    RUN = "run"
    COMPLETION = "completion"
    MEMORY = "memory"


class UsageRecord(Owned, Base):
    """What one play of a run, or one lesson, has used. Never changed; it outlives its subject.

    `cost_usd` is None where the model's price is not known.
    """

    __tablename__ = "usage_records"
    __table_args__ = (Index("ix_usage_records_tenant_id_created_at", "tenant_id", "created_at"),)

    purpose: Mapped[str]
    subject_id: Mapped[UUID]
    provider: Mapped[str]
    model: Mapped[str]
    input_tokens: Mapped[int] = mapped_column(BigInteger)
    output_tokens: Mapped[int] = mapped_column(BigInteger)
    cached_input_tokens: Mapped[int] = mapped_column(BigInteger)
    cache_write_input_tokens: Mapped[int] = mapped_column(BigInteger)
    cost_usd: Mapped[Decimal | None] = mapped_column(Numeric(18, 9))
