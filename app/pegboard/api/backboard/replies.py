"""Run events folded into one reply: an unstreamed answer is the stream read to its end. Pure."""

from collections.abc import Sequence

from pegboard import clock
from pegboard.api.backboard.clients import Client
from pegboard.api.backboard.faults import RunBrokeOff
from pegboard.api.backboard.wire.messages import AttachmentOut, status_word, tool_calls_out
from pegboard.api.backboard.wire.replies import (
    LatestMessageOut,
    ReplyOut,
    context_usage_out,
    figures_of,
    files_of,
    memories_out,
)
from pegboard.db.base import JsonDict
from pegboard.documents.tables import Document
from pegboard.messages.tables import Message, MessageStatus, Role
from pegboard.runs.model.events import AnswerFinished, RunEvent, RunSettled
from pegboard.runs.model.snapshots import CONTENT_FILTER, AnswerSnapshot, RunSnapshot
from pegboard.runs.requests.new_messages import StoredMessage
from pegboard.runs.requests.turns import PendingAction, Turn
from pegboard.runs.statuses import RunStatus


def reply(turn: Turn, events: Sequence[RunEvent], client: Client) -> ReplyOut:
    """All events of a turn as one answer. A run that failed is raised as the error it met."""
    answer: AnswerSnapshot | None = None
    run = turn.run
    for event in events:
        if isinstance(event, AnswerFinished):
            answer = event.message
        elif isinstance(event, RunSettled):
            if event.run.status is RunStatus.FAILED and event.run.failure is not None:
                raise RunBrokeOff(event.run.failure)
            if event.run.status is not RunStatus.EXPIRED:
                run = event.run
    if answer is None:
        return _cancelled_reply(turn, client)
    acknowledged = "Message added successfully" if turn.message else "Tool outputs submitted"
    attached = turn.message.attachments if turn.message else ()
    return _reply(acknowledged, run, answer, _attachments(attached, client))


def pending_reply(pending: PendingAction) -> ReplyOut:
    """The pending action as the answer that first showed it."""
    return _reply("Tool outputs are required to go on", pending.run, pending.message, None)


def stored_reply(stored: StoredMessage, client: Client) -> ReplyOut:
    """The answer to a message that is only kept."""
    row = stored.row
    return ReplyOut(
        message="Message added successfully",
        thread_id=row.thread_id,
        assistant_id=stored.assistant_id,
        run_id=None,
        message_id=row.id,
        role=Role.USER,
        content=None,
        status="COMPLETED",
        tool_calls=None,
        reasoning=None,
        memory_operation_id=stored.memory_operation_id,
        retrieved_memories=None,
        retrieved_files=None,
        model_provider=None,
        model_name=None,
        input_tokens=None,
        output_tokens=None,
        total_tokens=None,
        cached_input_tokens=None,
        cache_write_input_tokens=None,
        cost_usd=None,
        context_usage=None,
        attachments=_attachments(stored.attachments, client),
        created_at=row.created_at,
        timestamp=clock.now(),
        latest_message=_latest_of_row(row),
    )


def _reply(
    acknowledged: str,
    run: RunSnapshot,
    message: AnswerSnapshot,
    attachments: list[AttachmentOut] | None,
) -> ReplyOut:
    calls = tool_calls_out(message.tool_calls)
    completed = message.status in {MessageStatus.COMPLETED, MessageStatus.INCOMPLETE}
    figures = figures_of(run)
    labels: JsonDict = {"run_id": str(run.id), **({"tool_calls": calls} if calls else {})}
    if run.usage.reasoning_tokens:
        labels["reasoning_tokens"] = run.usage.reasoning_tokens
    if message.failure is not None and message.failure.code == CONTENT_FILTER:
        labels |= {"error": message.failure.message, "error_code": CONTENT_FILTER}
    return ReplyOut(
        message=acknowledged,
        thread_id=run.thread_id,
        assistant_id=run.assistant_id,
        run_id=str(run.id),
        message_id=message.id,
        role=Role.ASSISTANT,
        content=message.content,
        status=status_word(message.status),
        tool_calls=calls,
        reasoning=message.reasoning,
        memory_operation_id=run.memory_operation_id if completed else None,
        retrieved_memories=memories_out(run.recalled),
        retrieved_files=files_of(run),
        model_provider=run.model.provider,
        model_name=run.model.name,
        **figures,
        context_usage=context_usage_out(run.context_usage),
        attachments=attachments,
        created_at=message.created_at,
        timestamp=clock.now(),
        latest_message=LatestMessageOut(
            message_id=message.id,
            role=Role.ASSISTANT,
            content=message.content,
            status=status_word(message.status),
            metadata_=labels,
            metadata=labels,
            model_provider=run.model.provider,
            model_name=run.model.name,
            input_tokens=figures["input_tokens"],
            output_tokens=figures["output_tokens"],
            total_tokens=figures["total_tokens"],
            created_at=message.created_at,
        ),
    )


def _cancelled_reply(turn: Turn, client: Client) -> ReplyOut:
    """A run that somebody else ended before it said anything."""
    moment = clock.now()
    nothing = AnswerSnapshot(
        id=turn.run.id,
        run_id=turn.run.id,
        thread_id=turn.run.thread_id,
        status=MessageStatus.CANCELLED,
        items=(),
        model=turn.run.model,
        usage=turn.run.usage,
        created_at=moment,
        ended_at=moment,
    )
    attached = turn.message.attachments if turn.message else ()
    return _reply("The run was cancelled", turn.run, nothing, _attachments(attached, client))


def _latest_of_row(row: Message) -> LatestMessageOut:
    return LatestMessageOut(
        message_id=row.id,
        role=row.role,
        content=row.content,
        status=status_word(row.status),
        metadata_=row.labels,
        metadata=row.labels,
        model_provider=None,
        model_name=None,
        input_tokens=None,
        output_tokens=None,
        total_tokens=None,
        created_at=row.created_at,
    )


def _attachments(documents: Sequence[Document], client: Client) -> list[AttachmentOut] | None:
    return [AttachmentOut.of(document, client) for document in documents] or None
