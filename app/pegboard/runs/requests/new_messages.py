"""A message of a caller's, written to a thread that is locked."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from pegboard.db.base import JsonDict
from pegboard.documents import operations as documents
from pegboard.documents.operations import Upload
from pegboard.documents.tables import Document
from pegboard.messages import attachments, parts
from pegboard.messages import operations as messages
from pegboard.messages.attachments import Attachment
from pegboard.messages.parts import Part
from pegboard.messages.tables import Message, Role
from pegboard.runs.execution import cancellation
from pegboard.runs.requests.targets import ThreadBusy
from pegboard.runs.statuses import RunStatus
from pegboard.runs.thread_lock import ThreadState
from pegboard.tenants.scope import Scope


@dataclass(frozen=True, slots=True)
class NewMessage:
    """What a caller puts on a thread. `labels` is the caller's metadata.

    `parts` is a content that is more than text; `content` is the text in it. `uploads` are new
    documents, `attachments` files that are there.
    """

    content: str | None
    labels: JsonDict | None = None
    uploads: Sequence[Upload] = ()
    role: Role = Role.USER
    parts: tuple[Part, ...] | None = None
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """`memory_operation_id` is set where a message that nobody answers is learnt from."""

    row: Message
    attachments: Sequence[Document]
    assistant_id: UUID | None
    memory_operation_id: UUID | None = None


async def write_message(scope: Scope, thread_state: ThreadState, new: NewMessage) -> StoredMessage:
    """Append a message, with its uploads as documents of the thread.

    A run that waits for tool outputs is cancelled by it. Raises ThreadBusy while one is executed.
    """
    if thread_state.active_run is not None:
        run_id, status = thread_state.active_run
        if status is not RunStatus.REQUIRES_ACTION:
            raise ThreadBusy(thread_state.thread_id)
        await cancellation.cancel_paused(scope, thread_id=thread_state.thread_id, run_id=run_id)
    row = messages.new_message(
        scope, thread_id=thread_state.thread_id, role=new.role, content=new.content
    )
    row.labels = new.labels
    row.parts = None if new.parts is None else parts.to_json(new.parts)
    row.attachments = attachments.to_json(new.attachments) or None
    await messages.append(scope, row)
    uploaded = [
        await documents.accept(
            scope,
            upload,
            assistant_id=thread_state.assistant_id,
            thread_id=thread_state.thread_id,
            message_id=row.id,
        )
        for upload in new.uploads
    ]
    return StoredMessage(row, uploaded, thread_state.assistant_id)
