"""Runs as the OpenAI API takes and shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from pegboard.api.openai.wire.assistants import ResponseFormat, Temperature, TopP
from pegboard.api.openai.wire.fields import Metadata, longest, seconds, sized
from pegboard.api.openai.wire.limits import at_most
from pegboard.api.openai.wire.messages import LONGEST, MessageIn
from pegboard.api.openai.wire.threads import ThreadIn
from pegboard.api.openai.wire.tool_resources import ToolResourcesIn
from pegboard.api.openai.wire.tools import Tools, tools_out
from pegboard.db.base import JsonDict
from pegboard.llm.gateway import ToolCall, Usage
from pegboard.public_ids import Prefix, public_id
from pegboard.runs.records import RunRecord
from pegboard.runs.statuses import RunStatus

EXPIRES_AFTER: Final = 600
QUEUED: Final = "queued"
"""What a run is shown as until its stream says more: clients of this API wait for it. None is."""

_MOST_ADDED: Final = 256
_MOST_OUTPUTS: Final = 512
_RATE_LIMITED: Final = frozenset({"rate_limit_exceeded"})
_BAD_PROMPT: Final = frozenset({"invalid_prompt", "context_length_exceeded"})


class Truncation(BaseModel):
    type: Literal["auto", "last_messages"] = "auto"
    last_messages: Annotated[int, Field(ge=1)] | None = None


class RunIn(BaseModel):
    """What is given replaces the assistant's own for this run; null and absent are the same."""

    assistant_id: str
    model: Annotated[str, Field(min_length=1, max_length=512)] | None = None
    instructions: longest("instructions", LONGEST) = None  # type: ignore[valid-type]
    additional_instructions: longest("additional_instructions", LONGEST) = None  # type: ignore[valid-type]
    additional_messages: Annotated[
        Annotated[list[MessageIn], Field(fail_fast=True)] | None,
        at_most("additional_messages", _MOST_ADDED),
    ] = None
    tools: Tools = None
    metadata: Metadata = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    reasoning_effort: longest("reasoning_effort", 64) = None  # type: ignore[valid-type]
    stream: bool | None = None
    max_prompt_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    truncation_strategy: Truncation | None = None
    tool_choice: Annotated[
        Literal["none", "auto", "required"] | dict[str, Any] | None, sized("tool_choice")
    ] = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat = None


class ThreadAndRunIn(RunIn):
    thread: ThreadIn | None = None
    tool_resources: ToolResourcesIn | None = None


class ToolOutputIn(BaseModel):
    tool_call_id: str = ""
    output: str | None = None


class ToolOutputsIn(BaseModel):
    tool_outputs: Annotated[
        list[ToolOutputIn], Field(fail_fast=True), at_most("tool_outputs", _MOST_OUTPUTS)
    ]
    stream: bool | None = None


class RunChange(BaseModel):
    metadata: Metadata = None


def tool_choice_of(given: Any) -> str | JsonDict | None:
    """What a model is given of it: None where it may choose, or where no function is named."""
    if isinstance(given, dict) and given.get("type") != "function":
        return None
    return None if given == "auto" else given


def run_out(record: RunRecord) -> JsonDict:
    """A run as it is stored."""
    return _run_out(record, RunView.of(record), record.run.status)


@dataclass(frozen=True, slots=True)
class RunView:
    """What changes while a run is executed: taken from its record, or from its events."""

    calls: Sequence[ToolCall]
    usage: Usage
    error: tuple[str, str] | None
    incomplete: str | None
    started_at: int | None
    ended_at: int | None

    @classmethod
    def of(cls, record: RunRecord) -> "RunView":
        run = record.run
        return cls(
            calls=record.pending_calls,
            usage=run.usage,
            error=None if run.failure is None else (run.failure.code, run.failure.message),
            incomplete=run.incomplete,
            started_at=seconds(record.started_at),
            ended_at=seconds(record.ended_at),
        )


def _run_out(record: RunRecord, view: RunView, status: str) -> JsonDict:
    run, echo = record.run, record.echo
    over = status in _OVER
    when = {
        f"{name}_at": view.ended_at if status == ending else None
        for name, ending in _ENDINGS.items()
    }
    return {
        "id": public_id(Prefix.RUN, run.id),
        "object": "thread.run",
        "created_at": seconds(record.created_at),
        "thread_id": public_id(Prefix.THREAD, run.thread_id),
        "assistant_id": run.assistant_id and public_id(Prefix.ASSISTANT, run.assistant_id),
        "status": status,
        "required_action": required_action(view.calls) if view.calls else None,
        "last_error": last_error(view.error) if status == RunStatus.FAILED else None,
        "expires_at": None if over and status != RunStatus.EXPIRED else seconds(record.expires_at),
        "started_at": view.started_at,
        **when,
        "model": echo.get("model") or run.model.name,
        "instructions": record.instructions,
        "tools": tools_out(record.tools),
        "tool_resources": echo.get("tool_resources") or {},
        "metadata": record.labels or {},
        "incomplete_details": {"reason": view.incomplete} if view.incomplete else None,
        "usage": usage_of(view.usage) if over else None,
        "temperature": echo.get("temperature", 1.0),
        "top_p": echo.get("top_p", 1.0),
        "reasoning_effort": echo.get("reasoning_effort"),
        "max_prompt_tokens": echo.get("max_prompt_tokens"),
        "max_completion_tokens": echo.get("max_completion_tokens"),
        "truncation_strategy": echo.get("truncation_strategy")
        or {"type": "auto", "last_messages": None},
        "tool_choice": echo.get("tool_choice") or "auto",
        "parallel_tool_calls": echo.get("parallel_tool_calls", True),
        "response_format": echo.get("response_format") or "auto",
    }


def run_at(record: RunRecord, status: str, view: RunView) -> JsonDict:
    """A run as it is at a moment of its stream."""
    return _run_out(record, view, status)


def required_action(calls: Sequence[ToolCall]) -> JsonDict:
    return {
        "type": "submit_tool_outputs",
        "submit_tool_outputs": {"tool_calls": [call_out(call) for call in calls]},
    }


def call_out(call: ToolCall) -> JsonDict:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def last_error(error: tuple[str, str] | None) -> JsonDict | None:
    """The code in the few words that this API has."""
    if error is None:
        return None
    code, message = error
    if code in _RATE_LIMITED:
        word = "rate_limit_exceeded"
    else:
        word = "invalid_prompt" if code in _BAD_PROMPT else "server_error"
    return {"code": word, "message": message}


def usage_of(usage: Usage) -> JsonDict:
    return usage_out(
        usage.input_tokens, usage.output_tokens, usage.cached_input_tokens, usage.reasoning_tokens
    )


def usage_out(read: int, written: int, cached: int = 0, reasoning: int = 0) -> JsonDict:
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
        "prompt_token_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }


_ENDINGS: Final = {
    "cancelled": RunStatus.CANCELLED,
    "failed": RunStatus.FAILED,
    "completed": RunStatus.COMPLETED,
}
_OVER: Final = frozenset({*_ENDINGS.values(), RunStatus.INCOMPLETE, RunStatus.EXPIRED})
