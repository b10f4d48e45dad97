"""Threads as the OpenAI door writes them."""

from typing import Any, Self

from pydantic import BaseModel

from app.db.base import JsonDict
from app.surfaces.openai.faults import BadParameter
from app.surfaces.openai.public_ids import Prefix, public_id
from app.surfaces.openai.wire.fields import Metadata, seconds
from app.surfaces.openai.wire.lists import Identified
from app.surfaces.openai.wire.messages import MessageIn
from app.surfaces.openai.wire.tool_resources import ToolResourcesIn
from app.threads.tables import Thread

MOST_MESSAGES = 32


class ThreadChange(BaseModel):
    metadata: Metadata = None
    tool_resources: ToolResourcesIn | None = None

    def changes(self) -> dict[str, Any]:
        """In the words of the threads' room, all but the resources."""
        given = "metadata" in self.model_fields_set
        return {"labels": self.metadata or {}} if given else {}


class ThreadIn(ThreadChange):
    messages: list[MessageIn] | None = None

    def check(self) -> None:
        if len(self.messages or ()) > MOST_MESSAGES:
            raise BadParameter(
                "Invalid 'messages': array too long. Expected an array with maximum length "
                f"{MOST_MESSAGES}, but got one with length {len(self.messages or ())} instead.",
                param="messages",
                code="array_above_max_length",
            )


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
            tool_resources=thread.tool_resources or {},
        )
