"""Assistant."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, JsonDict, Owned


class Assistant(Owned, Base):
    """A persona. `tools` are stored as the client wrote them; None and [] both mean none."""

    __tablename__ = "assistants"
    __table_args__ = (Index("ix_assistants_tenant_id_id", "tenant_id", "id"),)

    name: Mapped[str]
    system_prompt: Mapped[str | None]
    tools: Mapped[list[JsonDict] | None] = mapped_column(default=None)
    tok_k: Mapped[int]
    custom_fact_extraction_prompt: Mapped[str | None]
    custom_update_memory_prompt: Mapped[str | None]
    embedding_provider: Mapped[str]
    embedding_model_name: Mapped[str]
    embedding_dims: Mapped[int]
    updated_at: Mapped[datetime]
