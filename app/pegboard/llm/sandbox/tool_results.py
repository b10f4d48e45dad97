"""Tool outputs in, a sentence that repeats them out."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pegboard.english.words import excerpt
from pegboard.llm.gateway import ToolTurn

_SHOWN = 2_000
_MAX_ENTRIES = 50
_LONGEST_JSON = 100_000
_MAX_DEPTH = 4


def report(results: Sequence[ToolTurn]) -> str:
    return " ".join(_sentence(result) for result in results)


def _sentence(result: ToolTurn) -> str:
    if not result.output.strip():
        return f"The tool {result.name} returned an empty result."
    return f"The tool {result.name} returned {_told(result.output)}."


def _told(output: str) -> str:
    try:
        value = json.loads(output) if len(output) <= _LONGEST_JSON else output
    except (ValueError, RecursionError):
        return f'"{excerpt(output, _SHOWN).rstrip(".")}"'
    if isinstance(value, str):
        return f'"{excerpt(value, _SHOWN)}"' if value.strip() else "an empty text"
    return _cut(_prose(value, 0))


def _prose(value: Any, depth: int) -> str:
    match value:
        case Mapping() if value and depth < _MAX_DEPTH:
            entries = list(value.items())[:_MAX_ENTRIES]
            told = ", ".join(f"{key}: {_nested(item, depth)}" for key, item in entries)
            return _and_more(told, len(value))
        case list() if value and depth < _MAX_DEPTH:
            told = "; ".join(_nested(item, depth) for item in value[:_MAX_ENTRIES])
            return _and_more(told, len(value))
        case Mapping() | list():
            return json.dumps(value, ensure_ascii=False) if value else "nothing"
        case str():
            return value
    return json.dumps(value, ensure_ascii=False)


def _nested(value: Any, depth: int) -> str:
    told = _prose(value, depth + 1)
    return f"({told})" if isinstance(value, Mapping | list) and value else told


def _and_more(told: str, count: int) -> str:
    return told if count <= _MAX_ENTRIES else f"{told} and {count - _MAX_ENTRIES} more"


def _cut(told: str) -> str:
    return told if len(told) <= _SHOWN else f"{told[:_SHOWN]}\u2026"
