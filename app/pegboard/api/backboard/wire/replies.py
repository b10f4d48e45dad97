"""The answer to a message or to tool outputs, always flat.

Never with a key named `messages`: newer clients switch to another parser when they see it.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from typing_extensions import TypedDict

from pegboard.api.backboard.wire.messages import AttachmentOut, MessageStatusWord, ToolCallOut
from pegboard.db.base import JsonDict
from pegboard.runs.model.snapshots import CONTENT_FILTER, ContextUsage, Recalled, RunSnapshot


class Figures(TypedDict):
    """What a run has cost so far, over all its model calls."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    cached_input_tokens: int
    cache_write_input_tokens: int
    cost_usd: float | None


class ContextUsageOut(TypedDict):
    percent: float
    used_tokens: int
    context_limit: int
    summary_tokens: int
    trimmed_messages: int
    model: str


class RetrievedMemoryOut(TypedDict):
    id: str | None
    memory: str
    content: str
    score: float | None


class LatestMessageOut(BaseModel):
    """What clients up to 1.4.0 read instead of the flat fields."""

    message_id: UUID
    role: str
    content: str | None
    status: MessageStatusWord
    metadata_: JsonDict | None
    metadata: JsonDict | None
    model_provider: str | None
    model_name: str | None
    input_tokens: int | None
    output_tokens: int | None
    total_tokens: int | None
    created_at: datetime


class ReplyOut(BaseModel):
    message: str
    thread_id: UUID
    assistant_id: UUID | None
    run_id: str | None
    message_id: UUID
    role: str
    content: str | None
    status: MessageStatusWord
    tool_calls: list[ToolCallOut] | None
    reasoning: str | None
    memory_operation_id: UUID | None
    retrieved_memories: list[RetrievedMemoryOut] | None
    retrieved_files: list[str] | None
    model_provider: str | None
    model_name: str | None
    input_tokens: int | None
    output_tokens: int | None
    total_tokens: int | None
    cached_input_tokens: int | None
    cache_write_input_tokens: int | None
    cost_usd: float | None
    context_usage: ContextUsageOut | None
    attachments: list[AttachmentOut] | None
    created_at: datetime
    timestamp: datetime
    latest_message: LatestMessageOut


def context_usage_out(usage: ContextUsage | None) -> ContextUsageOut | None:
    if usage is None:
        return None
    return {
        "percent": usage.percent,
        "used_tokens": usage.used_tokens,
        "context_limit": usage.context_limit,
        "summary_tokens": 0,
        "trimmed_messages": usage.trimmed_messages,
        "model": usage.model,
    }


def figures_of(run: RunSnapshot) -> Figures:
    usage = run.usage
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "cached_input_tokens": usage.cached_input_tokens,
        "cache_write_input_tokens": usage.cache_write_input_tokens,
        "cost_usd": None if usage.cost_usd is None else float(usage.cost_usd),
    }


def further_figures_of(run: RunSnapshot) -> dict[str, int | str]:
    """What hosted Backboard has no words for, and only where there is something to tell."""
    further: dict[str, int | str] = {}
    if run.usage.reasoning_tokens:
        further["reasoning_tokens"] = run.usage.reasoning_tokens
    if run.incomplete == CONTENT_FILTER:
        further["incomplete_reason"] = CONTENT_FILTER
    return further


def files_of(run: RunSnapshot) -> list[str] | None:
    """The names of the files that the answer could rest on, the best fitting first."""
    return list(dict.fromkeys(passage.filename for passage in run.retrieved)) or None


def memories_out(recalled: Sequence[Recalled] | None) -> list[RetrievedMemoryOut] | None:
    """The memories that the model was given; None where memory was not searched."""
    if recalled is None:
        return None
    return [
        {
            "id": str(memory.id),
            "memory": memory.content,
            "content": memory.content,
            "score": memory.score,
        }
        for memory in recalled
    ]
