"""Assistant."""

from datetime import datetime

from sqlalchemy import Index, false, text
from sqlalchemy.orm import Mapped, mapped_column

from pegboard.assistants import sampling, tool_resources, tools
from pegboard.assistants.sampling import Sampling
from pegboard.assistants.tool_resources import ToolResources
from pegboard.assistants.tools import Tools
from pegboard.db.base import Base, JsonDict, Owned
from pegboard.db.json_columns import JsonOf


class Assistant(Owned, Base):
    """A persona. None and () of `tools` both mean none.

    A tenant has one default assistant at most, which answers where none is named. `labels` is the
    client's metadata; `model` a name, to be resolved when a run asks for it.
    """

    __tablename__ = "assistants"
    __table_args__ = (
        Index("ix_assistants_tenant_id_id", "tenant_id", "id"),
        Index(
            "uq_assistants_default",
            "tenant_id",
            unique=True,
            postgresql_where=text("is_default"),
        ),
    )

    name: Mapped[str]
    system_prompt: Mapped[str | None]
    tools: Mapped[Tools | None] = mapped_column(
        JsonOf(tools.to_json, tools.from_json), default=None
    )
    tok_k: Mapped[int]
    custom_fact_extraction_prompt: Mapped[str | None]
    custom_update_memory_prompt: Mapped[str | None]
    embedding_provider: Mapped[str]
    embedding_model_name: Mapped[str]
    embedding_dims: Mapped[int]
    description: Mapped[str | None] = mapped_column(default=None)
    model: Mapped[str | None] = mapped_column(default=None)
    labels: Mapped[JsonDict | None] = mapped_column("metadata", default=None)
    sampling: Mapped[Sampling | None] = mapped_column(
        JsonOf(sampling.to_json, sampling.from_json), default=None
    )
    tool_resources: Mapped[ToolResources | None] = mapped_column(
        JsonOf(tool_resources.to_json, tool_resources.from_json), default=None
    )
    is_default: Mapped[bool] = mapped_column(server_default=false(), default=False)
    updated_at: Mapped[datetime]
