"""Message."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from pegboard.db.base import Base, JsonDict, Owned


class Role(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class MessageStatus(StrEnum):
    REQUIRES_ACTION = "requires_action"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Message(Owned, Base):
    """One turn. `seq` gives the order: ids of several servers are sorted only to the millisecond.

    `tool_calls` is what an assistant turn asked for, as [{id, name, arguments}]; `tool_call_id` and
    `tool_name` belong to a tool turn. `tokens` is our estimate of the text, kept so that a long
    thread can be fitted to a model's window without reading it again. `parts` keeps a content that
    is more than text, as the OpenAI API was given it; `content` is then the text in it. `items` is
    what an answer consists of, in order, where that is more than the other columns say.
    """

    __tablename__ = "messages"
    __table_args__ = (Index("ix_messages_thread_id_seq", "thread_id", "seq", unique=True),)

    thread_id: Mapped[UUID] = mapped_column(ForeignKey("threads.id", ondelete="CASCADE"))
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    run_id: Mapped[UUID | None]
    role: Mapped[str]
    status: Mapped[str]
    content: Mapped[str | None]
    reasoning: Mapped[str | None]
    tool_calls: Mapped[list[JsonDict] | None]
    tool_call_id: Mapped[str | None]
    tool_name: Mapped[str | None]
    labels: Mapped[JsonDict | None] = mapped_column("metadata")
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    model_provider: Mapped[str | None]
    model_name: Mapped[str | None]
    input_tokens: Mapped[int | None]
    output_tokens: Mapped[int | None]
    tokens: Mapped[int]
    assistant_id: Mapped[UUID | None] = mapped_column(default=None)
    parts: Mapped[list[JsonDict] | None] = mapped_column(default=None)
    attachments: Mapped[list[JsonDict] | None] = mapped_column(default=None)
    annotations: Mapped[list[JsonDict] | None] = mapped_column(default=None)
    items: Mapped[list[JsonDict] | None] = mapped_column(default=None)
    reasoning_tokens: Mapped[int | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
