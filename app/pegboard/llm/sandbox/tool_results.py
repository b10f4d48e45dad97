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
    return f"The tool {result.name} returned {_described(result.output)}."


def _described(output: str) -> str:
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
            listed = ", ".join(f"{key}: {_nested(item, depth)}" for key, item in entries)
            return _and_more(listed, len(value))
        case list() if value and depth < _MAX_DEPTH:
            listed = "; ".join(_nested(item, depth) for item in value[:_MAX_ENTRIES])
            return _and_more(listed, len(value))
        case Mapping() | list():
            return json.dumps(value, ensure_ascii=False) if value else "nothing"
        case str():
            return value
    return json.dumps(value, ensure_ascii=False)


def _nested(value: Any, depth: int) -> str:
    prose = _prose(value, depth + 1)
    return f"({prose})" if isinstance(value, Mapping | list) and value else prose


def _and_more(listed: str, count: int) -> str:
    return listed if count <= _MAX_ENTRIES else f"{listed} and {count - _MAX_ENTRIES} more"


def _cut(prose: str) -> str:
    return prose if len(prose) <= _SHOWN else f"{prose[:_SHOWN]}\u2026"
