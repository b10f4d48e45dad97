"""Threads as the Backboard API writes them: with all their messages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Self
from uuid import UUID

from pydantic import BaseModel

from pegboard.api.backboard.wire.messages import MessageOut
from pegboard.db.base import JsonDict
from pegboard.messages.queries import SHOWN
from pegboard.threads.tables import Thread

_LONGEST_TITLE: Final = 80
_NO_MESSAGES: Final = b'"messages":[]'


class ThreadOut(BaseModel):
    """`title` is what the thread's metadata says, else how its first message begins."""

    thread_id: UUID
    assistant_id: UUID | None
    created_at: datetime
    updated_at: datetime
    title: str | None
    first_user_message: str | None
    messages: list[MessageOut]
    message_count: int
    metadata_: JsonDict | None
    metadata: JsonDict | None

    @classmethod
    def without_messages(cls, thread: Thread, count: int, first: str | None) -> Self:
        """A thread of `count` messages, of which `first` is how the user's first one begins."""
        return cls(
            thread_id=thread.id,
            assistant_id=thread.assistant_id,
            created_at=thread.created_at,
            updated_at=thread.updated_at,
            title=_title(thread, first),
            first_user_message=first and first[:SHOWN],
            messages=[],
            message_count=count,
            metadata_=thread.labels,
            metadata=thread.labels,
        )

    def pieces(self, messages: Sequence[bytes]) -> list[bytes]:
        """As JSON, with these messages that are rendered already."""
        # Before it stand texts alone, in which quotes are escaped.
        before, place, after = self.model_dump_json().encode().partition(_NO_MESSAGES)
        pieces = [before, place[:-1]]
        for number, message in enumerate(messages):
            pieces += (b",", message) if number else (message,)
        return [*pieces, place[-1:], after]


class ThreadDeleted(BaseModel):
    message: str
    thread_id: UUID
    deleted_at: datetime


def _title(thread: Thread, first: str | None) -> str | None:
    named = (thread.labels or {}).get("title")
    if isinstance(named, str):
        return named
    return " ".join(first.split())[:_LONGEST_TITLE] if first else None
