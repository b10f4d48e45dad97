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
from pegboard.documents.tables import Document
from pegboard.messages.tables import Message, MessageStatus, Role
from pegboard.runs.model.events import (
    MessageFinished,
    RunCancelled,
    RunCompleted,
    RunEvent,
    RunFailed,
    RunPaused,
)
from pegboard.runs.model.snapshots import MessageSnapshot, RunSnapshot
from pegboard.runs.requests.new_messages import StoredMessage
from pegboard.runs.requests.turns import PendingAction, Turn


def reply(turn: Turn, events: Sequence[RunEvent], client: Client) -> ReplyOut:
    """All events of a turn as one answer. A run that failed is raised as the error it met."""
    message: MessageSnapshot | None = None
    run = turn.run
    for event in events:
        match event:
            case MessageFinished(message=finished):
                message = finished
            case RunFailed(run=failed) if failed.failure is not None:
                raise RunBrokeOff(failed.failure)
            case RunPaused(run=after) | RunCompleted(run=after) | RunCancelled(run=after):
                run = after
            case _:
                pass
    if message is None:
        return _cancelled_reply(turn, client)
    acknowledged = "Message added successfully" if turn.message else "Tool outputs submitted"
    attached = turn.message.attachments if turn.message else ()
    return _reply(acknowledged, run, message, _attachments(attached, client))


def pending_reply(pending: PendingAction) -> ReplyOut:
    """The pending action as the answer that first told it."""
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
    message: MessageSnapshot,
    attachments: list[AttachmentOut] | None,
) -> ReplyOut:
    calls = tool_calls_out(message.tool_calls)
    completed = message.status in {MessageStatus.COMPLETED, MessageStatus.INCOMPLETE}
    figures = figures_of(run)
    labels = {"run_id": str(run.id), **({"tool_calls": calls} if calls else {})}
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
    nothing = MessageSnapshot(
        id=turn.run.id,
        run_id=turn.run.id,
        thread_id=turn.run.thread_id,
        status=MessageStatus.CANCELLED,
        content=None,
        reasoning=None,
        tool_calls=(),
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
