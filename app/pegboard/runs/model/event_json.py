"""Events ↔ JSON: as they stand in the log of a run. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, get_args

from pydantic import TypeAdapter

from pegboard.db.base import JsonList
from pegboard.runs.model.events import RESTS, RoundFinished, RunEvent, RunStarted, TextDelta
from pegboard.runs.model.snapshots import RunSnapshot

LONGEST_QUOTE: Final = 500
"""Characters kept of what was found in a file: as much as is quoted."""

_TEXT: Final = TextDelta.__name__
_SHAPES: Final[dict[str, TypeAdapter[Any]]] = {
    shape.__name__: TypeAdapter(shape) for shape in get_args(RunEvent)
}
_WITH_RUN: Final = (RunStarted, RoundFinished, *RESTS)


def to_json(events: Sequence[RunEvent]) -> JsonList:
    return [_one(event) for event in events]


def from_json(logged: Sequence[Any]) -> list[RunEvent]:
    """Raises ValidationError for what is no event of this version."""
    return [_SHAPES[name].validate_python(data) for name, data in logged]


def _one(event: RunEvent) -> tuple[str, Any]:
    if isinstance(event, TextDelta):  # nearly all of them
        return _TEXT, {"message_id": str(event.message_id), "text": event.text}
    name = type(event).__name__
    told = event
    if isinstance(event, _WITH_RUN):
        told = replace(event, run=_brief(event.run))
    return name, _SHAPES[name].dump_python(told, mode="json")


def _brief(run: RunSnapshot) -> RunSnapshot:
    if not any(one.text and len(one.text) > LONGEST_QUOTE for one in run.retrieved):
        return run
    cut = (replace(one, text=one.text and one.text[:LONGEST_QUOTE]) for one in run.retrieved)
    return replace(run, retrieved=tuple(cut))
