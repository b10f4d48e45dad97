"""Threads as the OpenAI API writes them."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, Field

from pegboard.api.openai.wire.fields import Metadata, seconds
from pegboard.api.openai.wire.limits import at_most
from pegboard.api.openai.wire.lists import Identified
from pegboard.api.openai.wire.messages import MessageIn
from pegboard.api.openai.wire.tool_resources import ToolResourcesIn, resources_out
from pegboard.db.base import JsonDict
from pegboard.public_ids import Prefix, public_id
from pegboard.threads.tables import Thread

MOST_MESSAGES = 32


class ThreadChange(BaseModel):
    metadata: Metadata = None
    tool_resources: ToolResourcesIn | None = None

    def changes(self) -> dict[str, Any]:
        """In the words of the threads' room, all but the resources."""
        given = "metadata" in self.model_fields_set
        return {"labels": self.metadata or {}} if given else {}


class ThreadIn(ThreadChange):
    messages: Annotated[
        Annotated[list[MessageIn], Field(fail_fast=True)] | None,
        at_most("messages", MOST_MESSAGES),
    ] = None


class ThreadOut(Identified):
    object: str
    created_at: int | None
    metadata: JsonDict
    tool_resources: JsonDict

    @classmethod
    def of(cls, thread: Thread) -> Self:
        return cls(
            id=public_id(Prefix.THREAD, thread.id),
            object="thread",
            created_at=seconds(thread.created_at),
            metadata=thread.labels or {},
            tool_resources=resources_out(thread.tool_resources),
        )
