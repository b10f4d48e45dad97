"""Events ↔ JSON: as they stand in the log of a run. Pure.

An event is a pair of its kind's word and its data. Where the data of a kind change so that they
cannot be read any more as they were, a third element counts its versions, from 1; there is none so
far. Words in capitals are those of the first version (`first_event_json`).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from pydantic import TypeAdapter

from pegboard.db.base import JsonList
from pegboard.runs.model import first_event_json
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
from pegboard.runs.model.items import from_json as items_from_json
from pegboard.runs.model.items import item_from_json, item_to_json
from pegboard.runs.model.items import to_json as items_to_json
from pegboard.runs.model.snapshots import RunSnapshot

LONGEST_QUOTE: Final = 500
"""Characters that are stored of a passage of a file: as much as is quoted."""

_TEXT: Final = "text_delta"
_WORDS: Final[dict[type[Any], str]] = {
    RunStarted: "run_started",
    MemoriesRecalled: "memories_recalled",
    AnswerStarted: "answer_started",
    ItemStarted: "item_started",
    TextDelta: _TEXT,
    RefusalDelta: "refusal_delta",
    ReasoningDelta: "reasoning_delta",
    ItemFinished: "item_finished",
    RoundFinished: "round_finished",
    AnswerFinished: "answer_finished",
    RunSettled: "run_settled",
}
_KINDS: Final = {word: kind for kind, word in _WORDS.items()}
_SHAPES: Final[dict[str, TypeAdapter[Any]]] = {
    word: TypeAdapter(kind) for word, kind in _KINDS.items()
}
_PAIR: Final = 2


def to_json(events: Sequence[RunEvent]) -> JsonList:
    return [_one_to_json(event) for event in events]


def from_json(logged: Sequence[Any]) -> list[RunEvent]:
    """As many events as there are: one that this version does not know is an `UnknownEvent`.

    Raises ValidationError for data that are not those of their kind.
    """
    return [_one_from_json(entry) for entry in logged]


def _one_to_json(event: RunEvent) -> tuple[str, Any]:
    match event:
        case TextDelta(index=index, text=text):  # nearly all of them
            return _TEXT, {"index": index, "text": text}
        case ItemStarted(index=index, item=item) | ItemFinished(index=index, item=item):
            return _WORDS[type(event)], {"index": index, "item": item_to_json(item)}
        case AnswerFinished(message=message):
            word = _WORDS[AnswerFinished]
            bare = AnswerFinished(replace(message, items=()))
            data = _SHAPES[word].dump_python(bare, mode="json")
            data["message"]["items"] = items_to_json(message.items)
            return word, data
        case RunStarted(run=run) | RoundFinished(run=run) | RunSettled(run=run):
            word = _WORDS[type(event)]
            return word, _SHAPES[word].dump_python(replace(event, run=_brief(run)), mode="json")
        case UnknownEvent(kind=kind):
            raise ValueError(f"what {kind} is, a later version knows")
        case _:
            word = _WORDS[type(event)]
            return word, _SHAPES[word].dump_python(event, mode="json")


def _one_from_json(entry: Any) -> RunEvent:
    kind, data = entry[0], entry[1]
    if len(entry) > _PAIR or not (kind in _SHAPES or kind in first_event_json.READERS):
        return UnknownEvent(str(kind))
    if kind == _TEXT:
        return TextDelta(data["index"], data["text"])
    event: RunEvent
    if kind in first_event_json.READERS:
        event = first_event_json.READERS[kind](data)
    elif kind in _WITH_ITEM:
        event = _with_item(kind, data)
    elif kind == _WORDS[AnswerFinished]:
        event = _answer_finished(data)
    else:
        event = _SHAPES[kind].validate_python(data)
    return event


_WITH_ITEM: Final = frozenset({_WORDS[ItemStarted], _WORDS[ItemFinished]})


def _with_item(kind: str, data: Any) -> RunEvent:
    try:
        item = item_from_json(data["item"])
    except KeyError:  # of a type that a later version knows
        return UnknownEvent(kind)
    event: RunEvent = _KINDS[kind](data["index"], item)
    return event


def _answer_finished(data: Any) -> RunEvent:
    message = data["message"]
    bare: AnswerFinished = _SHAPES[_WORDS[AnswerFinished]].validate_python(
        {"message": {**message, "items": ()}}
    )
    return AnswerFinished(replace(bare.message, items=items_from_json(message["items"])))


def _brief(run: RunSnapshot) -> RunSnapshot:
    if not any(one.text and len(one.text) > LONGEST_QUOTE for one in run.retrieved):
        return run
    cut = (replace(one, text=one.text and one.text[:LONGEST_QUOTE]) for one in run.retrieved)
    return replace(run, retrieved=tuple(cut))
