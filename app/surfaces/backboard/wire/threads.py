"""Threads as the Backboard API writes them: with all their messages."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, Self
from uuid import UUID

from pydantic import BaseModel

from app.db.base import JsonDict
from app.documents.tables import Document
from app.messages.queries import SHOWN
from app.messages.tables import Message, Role
from app.surfaces.backboard.clients import Client
from app.surfaces.backboard.wire.messages import MessageOut
from app.threads.tables import Thread

_LONGEST_TITLE: Final = 80


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
    def of(
        cls,
        thread: Thread,
        messages: Sequence[Message],
        documents: dict[UUID, list[Document]],
        client: Client,
    ) -> Self:
        told = [MessageOut.of(message, documents[message.id], client) for message in messages]
        said = (one.content for one in messages if one.role == Role.USER and one.content)
        first = next(said, None)
        return cls(
            thread_id=thread.id,
            assistant_id=thread.assistant_id,
            created_at=thread.created_at,
            updated_at=thread.updated_at,
            title=_title(thread, first),
            first_user_message=first and first[:SHOWN],
            messages=told,
            message_count=len(told),
            metadata_=thread.labels,
            metadata=thread.labels,
        )

    @classmethod
    def without_messages(cls, thread: Thread, count: int, first: str | None) -> Self:
        """A thread for a list that only wants to know how much was said and how it began."""
        told = {
            "message_count": count,
            "title": _title(thread, first),
            "first_user_message": first,
        }
        return cls.of(thread, [], {}, Client()).model_copy(update=told)


class ThreadDeleted(BaseModel):
    message: str
    thread_id: UUID
    deleted_at: datetime


def _title(thread: Thread, first: str | None) -> str | None:
    named = (thread.labels or {}).get("title")
    if isinstance(named, str):
        return named
    return " ".join(first.split())[:_LONGEST_TITLE] if first else None


def threads_out(
    threads: Iterable[Thread],
    messages: Iterable[Message],
    documents: Iterable[Document],
    client: Client,
) -> list[ThreadOut]:
    """Threads, each with its own of the given messages."""
    by_thread: defaultdict[UUID, list[Message]] = defaultdict(list)
    for message in messages:
        by_thread[message.thread_id].append(message)
    by_message: defaultdict[UUID, list[Document]] = defaultdict(list)
    for document in documents:
        if document.message_id is not None:
            by_message[document.message_id].append(document)
    return [ThreadOut.of(one, by_thread[one.id], by_message, client) for one in threads]
