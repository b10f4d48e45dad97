"""Events as the first version logged them → events of today, one for one: numbers stay.

It knew one text, one reasoning and the calls of an answer, and no items. Pure.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic import TypeAdapter

from pegboard.llm.gateway import ToolCall
from pegboard.runs.model.events import (
    AnswerFinished,
    AnswerStarted,
    ItemFinished,
    MemoriesRecalled,
    ReasoningDelta,
    RoundFinished,
    RunEvent,
    RunSettled,
    RunStarted,
    TextDelta,
)
from pegboard.runs.model.items import FunctionCallItem, ReasoningItem, plain
from pegboard.runs.model.snapshots import AnswerSnapshot

_REASONING, _TEXT, _CALL = range(3)
"""The places of the items that its events are taken to be of."""

_CALLS: Final = TypeAdapter(tuple[ToolCall, ...])
_ANSWER: Final = TypeAdapter(AnswerSnapshot)


def _validated(kind: type[Any]) -> Callable[[Any], RunEvent]:
    return TypeAdapter(kind).validate_python


def _answer_finished(data: Mapping[str, Any]) -> RunEvent:
    message = dict(data["message"])
    content, reasoning = message.pop("content"), message.pop("reasoning")
    calls = _CALLS.validate_python(message.pop("tool_calls"))
    items = plain(content, reasoning, calls)
    return AnswerFinished(_ANSWER.validate_python({**message, "items": items}))


def _call_made(data: Mapping[str, Any]) -> RunEvent:
    (call,) = _CALLS.validate_python((data["call"],))
    return ItemFinished(_CALL, FunctionCallItem(call))


READERS: Final[Mapping[str, Callable[[Any], RunEvent]]] = {
    "RunStarted": _validated(RunStarted),
    "MemoriesRecalled": _validated(MemoriesRecalled),
    "MessageStarted": _validated(AnswerStarted),
    "ReasoningDelta": lambda data: ReasoningDelta(_REASONING, data["text"]),
    "ReasoningFinished": lambda _: ItemFinished(_REASONING, ReasoningItem()),
    "TextDelta": lambda data: TextDelta(_TEXT, data["text"]),
    "ToolCallMade": _call_made,
    "RoundFinished": _validated(RoundFinished),
    "MessageFinished": _answer_finished,
    **dict.fromkeys(
        ("RunPaused", "RunCompleted", "RunFailed", "RunCancelled", "RunExpired"),
        _validated(RunSettled),
    ),
}
