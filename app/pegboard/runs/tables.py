"""Run, RunEvents."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from pegboard.db.base import Base, JsonDict, JsonList, Owned
from pegboard.runs.statuses import RunStatus, check_move


class Run(Owned, Base):
    """One attempt to answer. `options` is what the caller requested, `rounds` the model calls made.

    `key_id` is the key that last set it going. No foreign key: keys are not removed before their
    tenant, and checking would cost every run a lock on its key.

    While a run is in progress it is leased by the process that executes it; `lease_until` moves on
    as long as that process lives. `attempts` counts how often another had to take it up; a process
    that was taken for dead still holds an older count, and may write nothing any more. `events` is
    how many events were logged when the run last settled.
    """

    __tablename__ = "runs"
    __table_args__ = (
        Index("ix_runs_thread_id_id", "thread_id", "id"),
        # At most one active run a thread, held by the database and so by every server on it.
        Index(
            "uq_runs_active_thread_id",
            "thread_id",
            unique=True,
            postgresql_where=text(
                "status IN ('queued', 'in_progress', 'requires_action', 'cancelling')"
            ),
        ),
        Index(
            "ix_runs_expires_at",
            "expires_at",
            postgresql_where=text(
                "status IN ('queued', 'in_progress', 'requires_action', 'cancelling')"
            ),
        ),
        Index(
            "ix_runs_key_id",
            "key_id",
            postgresql_where=text(
                "key_id IS NOT NULL AND status IN ('queued', 'in_progress', 'cancelling')"
            ),
        ),
        Index(
            "ix_runs_lease_until",
            "lease_until",
            postgresql_where=text("status IN ('queued', 'in_progress', 'cancelling')"),
        ),
    )

    thread_id: Mapped[UUID] = mapped_column(ForeignKey("threads.id", ondelete="CASCADE"))
    assistant_id: Mapped[UUID | None]
    key_id: Mapped[UUID | None] = mapped_column(default=None)
    status: Mapped[str]
    options: Mapped[JsonDict]
    model_provider: Mapped[str]
    model_name: Mapped[str]
    rounds: Mapped[int]
    input_tokens: Mapped[int]
    output_tokens: Mapped[int]
    cached_input_tokens: Mapped[int]
    cache_write_input_tokens: Mapped[int]
    cost_usd: Mapped[Decimal | None] = mapped_column(Numeric(18, 9))
    reasoning_tokens: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    context_usage: Mapped[JsonDict | None]
    retrieved: Mapped[list[JsonDict] | None]
    recalled: Mapped[list[JsonDict] | None]
    web_findings: Mapped[list[JsonDict] | None] = mapped_column(default=None)
    memory_operation_id: Mapped[UUID | None]
    incomplete_reason: Mapped[str | None] = mapped_column(default=None)
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    labels: Mapped[JsonDict | None] = mapped_column("metadata", default=None)
    attempts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    events: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    lease_owner: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None] = mapped_column(default=None)

    def become(self, status: RunStatus) -> None:
        """Raises IllegalRunMove."""
        check_move(RunStatus(self.status), status)
        self.status = status


class RunEvents(Base):
    """Events of a run that were logged together, in their order.

    `first` is the number of the first of them, from 0. Of two processes that both take a run for
    theirs, one finds its number taken.
    """

    __tablename__ = "run_events"

    run_id: Mapped[UUID] = mapped_column(
        ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True
    )
    first: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"))
    events: Mapped[JsonList]
