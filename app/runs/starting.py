"""A user's message in, a run begun: one transaction, after which nothing can be lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from app import clock
from app.db.base import JsonDict
from app.documents import operations as documents
from app.documents.operations import ReadFile
from app.documents.tables import Document
from app.errors import AppError, Kind
from app.identifiers import new_id
from app.llm.gateway import ModelName
from app.messages import operations as messages
from app.messages.tables import Message
from app.runs import cancelling, queries
from app.runs.lease import Lessee
from app.runs.options import RunOptions, to_json
from app.runs.statuses import RunStatus
from app.runs.tables import Run
from app.tenants.scope import Scope
from app.threads.tables import Thread


class ThreadBusy(AppError):
    """Another run is being played on the thread."""

    kind = Kind.CONFLICT
    code = "thread_busy"

    def __init__(self, thread_id: UUID) -> None:
        super().__init__("The thread is still answering an earlier message")
        self.thread_id = thread_id


@dataclass(frozen=True, slots=True)
class NewMessage:
    """What a user sends. `labels` is the caller's metadata."""

    content: str | None
    labels: JsonDict | None = None
    files: Sequence[ReadFile] = ()


@dataclass(frozen=True, slots=True)
class StoredMessage:
    row: Message
    attachments: Sequence[Document]


async def store_message(scope: Scope, thread: Thread, new: NewMessage) -> StoredMessage:
    """Append a user's message. A run that waits for tool outputs is cancelled by it.

    Raises ThreadBusy while a run is being played.
    """
    active = await queries.active_run(scope, thread.id)
    if active is not None:
        if active.status != RunStatus.REQUIRES_ACTION:
            raise ThreadBusy(thread.id)
        await cancelling.cancel_paused(scope, active)
    row = await messages.append_user_message(
        scope, thread_id=thread.id, content=new.content, labels=new.labels
    )
    attached = documents.attach(scope, new.files, thread_id=thread.id, message_id=row.id)
    thread.updated_at = row.created_at
    return StoredMessage(row, attached)


async def begin_run(
    scope: Scope, thread: Thread, *, options: RunOptions, reported: ModelName, lessee: Lessee
) -> Run:
    """Create a run that this process plays at once.

    Raises ThreadBusy where another request was quicker: a thread has one active run at most.
    """
    moment = clock.now()
    thread_id = thread.id  # a failed flush expires the row
    run = Run(
        id=new_id(),
        tenant_id=scope.tenant_id,
        created_at=moment,
        thread_id=thread_id,
        assistant_id=thread.assistant_id,
        status=RunStatus.IN_PROGRESS,
        options=to_json(options),
        model_provider=reported.provider,
        model_name=reported.name,
        rounds=0,
        input_tokens=0,
        output_tokens=0,
        cached_input_tokens=0,
        cache_write_input_tokens=0,
        cost_usd=Decimal(0),
        context_usage=None,
        error_code=None,
        error_message=None,
        started_at=moment,
        ended_at=None,
        **lessee.held(),
    )
    scope.session.add(run)
    try:
        await scope.session.flush()
    except IntegrityError as error:
        if "uq_runs_active_thread_id" in str(error.orig):
            raise ThreadBusy(thread_id) from error
        raise
    return run
