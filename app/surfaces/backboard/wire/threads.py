"""Threads as the Backboard API writes them: with all their messages."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel

from app.db.base import JsonDict
from app.documents.tables import Document
from app.messages.tables import Message
from app.surfaces.backboard.clients import Client
from app.surfaces.backboard.wire.messages import MessageOut
from app.threads.tables import Thread


class ThreadOut(BaseModel):
    thread_id: UUID
    assistant_id: UUID | None
    created_at: datetime
    updated_at: datetime
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
        return cls(
            thread_id=thread.id,
            assistant_id=thread.assistant_id,
            created_at=thread.created_at,
            updated_at=thread.updated_at,
            messages=told,
            message_count=len(told),
            metadata_=thread.labels,
            metadata=thread.labels,
        )

    @classmethod
    def without_messages(cls, thread: Thread, count: int) -> Self:
        """A thread for a list that only wants to know how many messages there are."""
        return cls.of(thread, [], {}, Client()).model_copy(update={"message_count": count})


class ThreadDeleted(BaseModel):
    message: str
    thread_id: UUID
    deleted_at: datetime


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
