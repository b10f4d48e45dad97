"""UsageRecord."""

from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from pegboard.db.base import Base, Owned


class Purpose(StrEnum):
    """What a model was asked for: a run, a completion, embeddings, or what to remember."""

    RUN = "run"
    COMPLETION = "completion"
    EMBEDDING = "embedding"
    MEMORY = "memory"


class UsageRecord(Owned, Base):
    """What an execution of a run, or an extraction, has used. Never changed; outlives its subject.

    `cost_usd` is None where the model's price is not known; `key_id` is the key it was used with.
    """

    __tablename__ = "usage_records"
    __table_args__ = (
        Index("ix_usage_records_tenant_id_created_at", "tenant_id", "created_at"),
        Index(
            "ix_usage_records_key_id_created_at",
            "key_id",
            "created_at",
            # A day is summed before each run of a key that has a limit: from the index alone.
            postgresql_include=["tenant_id", "input_tokens", "output_tokens"],
            postgresql_where=text("key_id IS NOT NULL"),
        ),
    )

    purpose: Mapped[str]
    subject_id: Mapped[UUID]
    key_id: Mapped[UUID | None] = mapped_column(default=None)
    provider: Mapped[str]
    model: Mapped[str]
    input_tokens: Mapped[int] = mapped_column(BigInteger)
    output_tokens: Mapped[int] = mapped_column(BigInteger)
    cached_input_tokens: Mapped[int] = mapped_column(BigInteger)
    cache_write_input_tokens: Mapped[int] = mapped_column(BigInteger)
    cost_usd: Mapped[Decimal | None] = mapped_column(Numeric(18, 9))
