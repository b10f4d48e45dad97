"""Stored rows → the snapshots that events carry. Pure."""

from pegboard.errors import ErrorKind
from pegboard.llm.gateway import ModelName, Usage
from pegboard.messages.tables import Message, MessageStatus
from pegboard.runs.model.items import Item, from_json, plain
from pegboard.runs.model.snapshots import (
    AnswerSnapshot,
    ContextUsage,
    Failure,
    Finding,
    Recalled,
    Retrieved,
    RunSnapshot,
)
from pegboard.runs.prompt.history import calls_of
from pegboard.runs.statuses import RunStatus
from pegboard.runs.tables import Run


def snapshot_of(run: Run) -> RunSnapshot:
    """A stored run as events carry it."""
    return RunSnapshot(
        id=run.id,
        tenant_id=run.tenant_id,
        thread_id=run.thread_id,
        assistant_id=run.assistant_id,
        status=RunStatus(run.status),
        model=ModelName(run.model_provider, run.model_name),
        rounds=run.rounds,
        usage=Usage(
            run.input_tokens,
            run.output_tokens,
            run.cached_input_tokens,
            run.cache_write_input_tokens,
            run.cost_usd,
            run.reasoning_tokens,
        ),
        context_usage=ContextUsage(**run.context_usage) if run.context_usage else None,
        recalled=(
            None
            if run.recalled is None
            else tuple(Recalled.from_json(memory) for memory in run.recalled)
        ),
        retrieved=tuple(Retrieved.from_json(passage) for passage in run.retrieved or ()),
        findings=tuple(Finding(**finding) for finding in run.web_findings or ()),
        failure=(
            None
            if run.error_code is None
            else Failure(ErrorKind.UNAVAILABLE, run.error_code, run.error_message or "")
        ),
        incomplete=run.incomplete_reason,
        key_id=run.key_id,
    )


def answer_of(message: Message, run: Run) -> AnswerSnapshot:
    """A stored answer of a run as events carry it."""
    return AnswerSnapshot(
        id=message.id,
        run_id=run.id,
        thread_id=message.thread_id,
        status=MessageStatus(message.status),
        items=items_of(message),
        model=ModelName(run.model_provider, run.model_name),
        usage=Usage(
            message.input_tokens or 0,
            message.output_tokens or 0,
            reasoning_tokens=message.reasoning_tokens or 0,
        ),
        created_at=message.created_at,
        ended_at=message.ended_at or message.created_at,
    )


def items_of(message: Message) -> tuple[Item, ...]:
    """What a stored answer consists of; of a plain one, all that its columns say."""
    if message.items is not None:
        return from_json(message.items)
    return plain(message.content, message.reasoning, calls_of(message.tool_calls))
