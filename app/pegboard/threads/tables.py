"""Thread."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from pegboard.assistants import tool_resources
from pegboard.assistants.tool_resources import ToolResources
from pegboard.db.base import Base, JsonDict, Owned
from pegboard.db.json_columns import JsonOf


class Thread(Owned, Base):
    """One conversation, of an assistant or, where the API allows it, of nobody yet."""

    __tablename__ = "threads"
    __table_args__ = (
        Index("ix_threads_tenant_id_id", "tenant_id", "id"),
        Index("ix_threads_assistant_id_id", "assistant_id", "id"),
    )

    assistant_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("assistants.id", ondelete="CASCADE")
    )
    # `metadata` is SQLAlchemy's own name on a declarative class.
    labels: Mapped[JsonDict | None] = mapped_column("metadata", default=None)
    tool_resources: Mapped[ToolResources | None] = mapped_column(
        JsonOf(tool_resources.to_json, tool_resources.from_json), default=None
    )
    updated_at: Mapped[datetime]
