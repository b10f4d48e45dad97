"""A user's message in, a run begun: one transaction, after which nothing can be lost."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from pegboard import clock
from pegboard.assistants import operations as assistants
from pegboard.db.base import JsonDict
from pegboard.db.inserting import insert_row
from pegboard.documents import operations as documents
from pegboard.documents.operations import Upload
from pegboard.documents.tables import Document
from pegboard.documents.wanted_resources import WantedResources
from pegboard.errors import AppError, Kind
from pegboard.identifiers import new_id
from pegboard.llm.gateway import ModelName
from pegboard.messages import attachments, parts
from pegboard.messages import operations as messages
from pegboard.messages.attachments import Attachment
from pegboard.messages.parts import Part
from pegboard.messages.tables import Message, Role
from pegboard.runs.execution import cancellation
from pegboard.runs.leases import LeaseHolder
from pegboard.runs.model.options import RunOptions, to_json
from pegboard.runs.requests.admission import admit
from pegboard.runs.statuses import INITIAL, RunStatus
from pegboard.runs.tables import Run
from pegboard.runs.thread_lock import ThreadState, lock_thread
from pegboard.tenants.callers import Caller
from pegboard.tenants.scope import Scope
from pegboard.threads import operations as threads


class ThreadBusy(AppError):
    """Another run is being played on the thread."""

    kind = Kind.CONFLICT
    code = "thread_busy"

    def __init__(self, thread_id: UUID) -> None:
        super().__init__("The thread is still answering an earlier message")
        self.thread_id = thread_id


@dataclass(frozen=True, slots=True)
class NewMessage:
    """What a user sends. `labels` is the caller's metadata.

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
class NewThread:
    """A thread that a message or a run opens, of an assistant that is named or not."""

    id: UUID = field(default_factory=new_id)
    assistant_id: UUID | None = None
    labels: JsonDict | None = None
    tool_resources: WantedResources | None = None


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """`memory_operation_id` is set where a message that nobody answers is learnt from."""

    row: Message
    attachments: Sequence[Document]
    assistant_id: UUID | None
    memory_operation_id: UUID | None = None


async def open_place(scope: Scope, place: UUID | NewThread) -> ThreadState:
    """The thread that a message goes to, as it finds it. Raises NotFound.

    On a thread that belongs to nobody yet the tenant's default assistant answers.
    """
    if isinstance(place, UUID):
        thread_state = await lock_thread(scope, place)
        if thread_state.assistant_id is not None:
            return thread_state
        assistant = await assistants.get(scope, await assistants.default(scope))
        return replace(
            thread_state,
            assistant_id=assistant.id,
            instructions=assistant.system_prompt,
            tools=assistant.tools or (),
            tok_k=assistant.tok_k,
        )
    assistant_id = place.assistant_id
    if assistant_id is None:
        assistant_id = await assistants.default(scope)
    await threads.open_thread(scope, assistant_id=assistant_id, thread_id=place.id)
    await scope.session.flush()
    return await lock_thread(scope, place.id)


async def store_message(scope: Scope, thread_state: ThreadState, new: NewMessage) -> StoredMessage:
    """Append a user's message.

    A run that waits for tool outputs is cancelled by it. Raises ThreadBusy while one is played.
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
    attached = [
        await documents.accept(
            scope,
            upload,
            assistant_id=thread_state.assistant_id,
            thread_id=thread_state.thread_id,
            message_id=row.id,
        )
        for upload in new.uploads
    ]
    return StoredMessage(row, attached, thread_state.assistant_id)


async def begin_run(
    scope: Scope,
    thread_state: ThreadState,
    *,
    caller: Caller,
    options: RunOptions,
    reported: ModelName,
    lease_holder: LeaseHolder,
    expires_after: timedelta | None = None,
    labels: JsonDict | None = None,
) -> Run:
    """Create a run that this process plays at once.

    Raises ThreadBusy where another request was quicker: a thread has one active run at most; and
    LimitReached where the caller has enough of them.
    """
    await admit(scope, caller)
    moment = clock.now()
    run = Run(
        id=new_id(),
        tenant_id=scope.tenant_id,
        created_at=moment,
        thread_id=thread_state.thread_id,
        assistant_id=thread_state.assistant_id,
        key_id=caller.key_id,
        status=INITIAL,
        options=to_json(options),
        model_provider=reported.provider,
        model_name=reported.name,
        attempts=0,
        events=0,
        rounds=0,
        input_tokens=0,
        output_tokens=0,
        cached_input_tokens=0,
        cache_write_input_tokens=0,
        cost_usd=Decimal(0),
        context_usage=None,
        retrieved=None,
        recalled=None,
        memory_operation_id=None,
        error_code=None,
        error_message=None,
        started_at=moment,
        ended_at=None,
        expires_at=expires_after and moment + expires_after,
        labels=labels,
        **lease_holder.held(),
    )
    try:
        await insert_row(scope.session, run)
    except IntegrityError as error:
        if "uq_runs_active_thread_id" in str(error.orig):
            raise ThreadBusy(thread_state.thread_id) from error
        raise
    return run
