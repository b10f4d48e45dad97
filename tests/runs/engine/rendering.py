"""Events and requests as plain values to compare: the one place that takes them apart.

A run is its status, its rounds, what it `used`, and whatever else is known of it; `used` is
(tokens read, tokens written), with what was read from a cache and the cost in dollars where there
are any. Times are seconds since the beginning. The turns of a request that goes on where the one
before it ended are those that it adds.
"""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final, assert_never
from uuid import UUID

from pegboard.llm.gateway import (
    NO_USAGE,
    AssistantTurn,
    GenerationOptions,
    ModelRequest,
    SystemTurn,
    ToolCall,
    ToolTurn,
    Turn,
    Usage,
    UserTurn,
)
from pegboard.runs.model.events import (
    AnswerFinished,
    AnswerStarted,
    ItemFinished,
    ItemStarted,
    MemoriesRecalled,
    ReasoningDelta,
    RefusalDelta,
    RoundFinished,
    RunEvent,
    RunSettled,
    RunStarted,
    TextDelta,
    UnknownEvent,
)
from pegboard.runs.model.items import (
    FunctionCallItem,
    Item,
    ItemStatus,
    MessageItem,
    ReasoningItem,
    ServerToolCallItem,
)
from pegboard.runs.model.snapshots import AnswerSnapshot, Failure, RunSnapshot
from pegboard.runs.statuses import RunStatus
from tests.runs.engine.scenario import Value
from tests.runs.engine.scripted_gateway import BEGINNING
from tests.runs.engine.steps import (
    ASSISTANT,
    KEY,
    MEMORY_OPERATION,
    MESSAGES,
    MODEL,
    RUN,
    TENANT,
    THREAD,
)


def values_of_events(events: Sequence[RunEvent]) -> tuple[Value, ...]:
    """What happens, without the beginnings and ends of items that add nothing."""
    answer = ""
    values: list[Value] = []
    for event in events:
        if isinstance(event, AnswerStarted):
            answer = _message_name(event.message_id)
        values += [value for value in [_value(event, answer)] if value]
    return tuple(values)


def _value(event: RunEvent, answer: str) -> Value:
    match event:
        case RunStarted(run=run, message_id=message_id):
            return ("run started", _run(run), _message_name(message_id))
        case MemoriesRecalled(memories=memories):
            return ("memories recalled", *((one.content, one.score) for one in memories))
        case AnswerStarted(message_id=message_id, created_at=moment):
            return ("message started", _message_name(message_id), _second(moment))
        case ReasoningDelta(text=text):
            return ("reasoning", answer, text)
        case TextDelta(text=text):
            return ("text", answer, text)
        case RefusalDelta(text=text):
            return ("refusal", answer, text)
        case ItemFinished(item=ReasoningItem(status=ItemStatus.COMPLETED)):
            return ("reasoning finished", answer)
        case ItemFinished(item=FunctionCallItem(call=call)):
            return ("call", answer, _call(call))
        case ItemStarted() | ItemFinished():
            return ()
        case RoundFinished(run=run):
            return ("round finished", _run(run))
        case AnswerFinished(message=message):
            return ("message finished", _message(message))
        case RunSettled(run=run, calls=calls):
            return (_SETTLED[run.status], _run(run), *map(_call, calls))
        case UnknownEvent(kind=kind):
            return ("unknown", kind)
        case _:
            assert_never(event)


_SETTLED: Final = {
    RunStatus.REQUIRES_ACTION: "run paused",
    RunStatus.COMPLETED: "run completed",
    RunStatus.INCOMPLETE: "run completed",
    RunStatus.FAILED: "run failed",
    RunStatus.CANCELLED: "run cancelled",
    RunStatus.EXPIRED: "run expired",
}


def item_values(events: Sequence[RunEvent]) -> list[list[Any]]:
    """The beginnings and ends of items, with their places, as plain values."""
    return [
        ["begins" if isinstance(event, ItemStarted) else "ends", event.index, *_item(event.item)]
        for event in events
        if isinstance(event, ItemStarted | ItemFinished)
    ]


def _item(item: Item) -> list[Any]:
    match item:
        case MessageItem(text=text, refusal=refusal, annotations=annotations):
            cited = [[one.marker, one.start, one.end, one.quote] for one in annotations]
            further = {"refusal": refusal, "annotations": cited}
            return [
                "message",
                str(item.status),
                text,
                *([known] if (known := {k: v for k, v in further.items() if v}) else []),
            ]
        case ReasoningItem(blocks=blocks):
            thought = [[one.text, one.signature, one.encrypted] for one in blocks]
            return ["reasoning", str(item.status), *thought]
        case FunctionCallItem(call=call):
            return ["function call", str(item.status), *_call(call)]
        case ServerToolCallItem(call=call, output=output):
            return ["server tool call", str(item.status), *_call(call), output]
        case _:
            assert_never(item)


def passages(events: Sequence[RunEvent]) -> set[str | None]:
    """The texts of the passages that events of runs carry."""
    runs = [event.run for event in events if isinstance(event, RunStarted | RunSettled)]
    return {one.text for run in runs for one in run.retrieved}


def values_of(requests: Sequence[ModelRequest]) -> tuple[dict[str, Any], ...]:
    shown: tuple[Turn, ...] = ()
    values = []
    for request in requests:
        turns = request.prompt.turns
        known = len(shown) if turns[: len(shown)] == shown else 0
        options = {
            one.name: getattr(request.options, one.name)
            for one in fields(GenerationOptions)
            if getattr(request.options, one.name) != getattr(GenerationOptions(), one.name)
        }
        values.append(
            {
                "round": request.round,
                "tools": tuple(tool.name for tool in request.prompt.tools),
                "turns": tuple(map(_turn, turns[known:])),
                **({"options": options} if options else {}),
            }
        )
        shown = turns
    return tuple(values)


def _run(run: RunSnapshot) -> dict[str, Any]:
    assert (run.id, run.tenant_id, run.thread_id) == (RUN, TENANT, THREAD)
    assert (run.assistant_id, run.model, run.key_id) == (ASSISTANT, MODEL, KEY)
    assert run.memory_operation_id in {None, MEMORY_OPERATION}
    known = {
        "failure": run.failure and _failure(run.failure),
        "incomplete": run.incomplete,
        "findings": tuple((one.source, one.text) for one in run.findings),
        "retrieved": tuple((one.filename, one.score) for one in run.retrieved),
        "recalled": tuple((one.content, one.score) for one in run.recalled or ()),
        "learns": run.memory_operation_id is not None,
    }
    return {
        "status": str(run.status),
        "rounds": run.rounds,
        "used": _usage(run.usage),
        **{key: value for key, value in known.items() if value},
    }


def _message(message: AnswerSnapshot) -> dict[str, Any]:
    assert (message.run_id, message.thread_id, message.model) == (RUN, THREAD, MODEL)
    known = {
        "reasoning": message.reasoning,
        "calls": tuple(map(_call, message.tool_calls)),
        "failure": message.failure and _failure(message.failure),
    }
    return {
        "id": _message_name(message.id),
        "status": str(message.status),
        "content": message.content,
        "used": _usage(message.usage),
        "seconds": (_second(message.created_at), _second(message.ended_at)),
        **{key: value for key, value in known.items() if value},
    }


def _failure(failure: Failure) -> tuple[Any, ...]:
    pause = () if failure.retry_after is None else (failure.retry_after,)
    return (str(failure.kind), failure.code, failure.message, *pause)


def _usage(usage: Usage) -> tuple[Any, ...]:
    if usage == NO_USAGE:
        return (0, 0)
    assert usage.cache_write_input_tokens == 0
    cost = () if usage.cost_usd is None else (f"{usage.cost_usd.normalize():f}",)
    cached = (usage.cached_input_tokens,) if usage.cached_input_tokens or cost else ()
    thought = (f"{usage.reasoning_tokens} thought",) if usage.reasoning_tokens else ()
    return (usage.input_tokens, usage.output_tokens, *cached, *cost, *thought)


def _turn(turn: Turn) -> Value:
    match turn:
        case SystemTurn(text=text):
            return ("system", text)
        case UserTurn(text=text):
            return ("user", text)
        case AssistantTurn(text=text, tool_calls=calls, reasoning=()):
            return ("assistant", text, *map(_call, calls))
        case AssistantTurn(text=text, tool_calls=calls, reasoning=blocks):
            thought = tuple((one.text, one.signature, one.encrypted) for one in blocks)
            return ("assistant", text, *map(_call, calls), ("reasoning", *thought))
        case ToolTurn(call_id=call_id, name=name, output=output):
            return ("tool", call_id, name, output)
        case _:
            assert_never(turn)


def _call(call: ToolCall) -> tuple[str, str, str]:
    return (call.id, call.name, call.arguments)


def _message_name(message_id: UUID) -> str:
    return f"message-{MESSAGES.index(message_id) + 1}"


def _second(moment: datetime) -> int:
    return int((moment - BEGINNING).total_seconds())
