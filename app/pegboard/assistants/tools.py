"""Tools that a model may have, as values. Pure.

What a client wrote goes with each as its `source`: it is stored and echoed to the letter, with keys
in the client's order and keywords that only the client knows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, assert_never

from pegboard.db.base import JsonDict

_WEB_SEARCH: Final = frozenset({"web_search", "web_search_preview"})


@dataclass(frozen=True, slots=True)
class FunctionTool:
    """A function of the client's. `parameters` is a JSON schema, free in form."""

    name: str
    description: str | None = None
    parameters: JsonDict = field(default_factory=dict)
    source: JsonDict | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class FileSearchTool:
    """The search of files: at most so many passages, those with a rating of `least_rating`."""

    most_results: int | None = None
    least_rating: float = 0.0
    source: JsonDict | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class WebSearchTool:
    source: JsonDict | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class CodeInterpreterTool:
    source: JsonDict | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class CustomTool:
    """A tool of a `kind` that means nothing here; kept for those who wrote it."""

    kind: str
    source: JsonDict | None = field(default=None, compare=False, repr=False)


ToolDefinition: TypeAlias = (
    FunctionTool | FileSearchTool | WebSearchTool | CodeInterpreterTool | CustomTool
)
Tools: TypeAlias = tuple[ToolDefinition, ...]


def to_json(tools: Iterable[ToolDefinition]) -> list[JsonDict]:
    """As columns hold them, which is as OpenAI's API writes them."""
    return [tool_to_json(tool) for tool in tools]


def from_json(stored: Iterable[Mapping[str, Any]]) -> Tools:
    return tuple(tool_from_json(dict(tool)) for tool in stored)


def tool_to_json(tool: ToolDefinition) -> JsonDict:
    if tool.source is not None:
        return tool.source
    match tool:
        case FunctionTool(name, description, parameters):
            described = {} if description is None else {"description": description}
            function = {"name": name, **described, "parameters": parameters}
            return {"type": "function", "function": function}
        case FileSearchTool(most_results, least_rating):
            most = {} if most_results is None else {"max_num_results": most_results}
            ranking = {"score_threshold": least_rating}
            return {"type": "file_search", "file_search": {"ranking_options": ranking, **most}}
        case WebSearchTool():
            return {"type": "web_search"}
        case CodeInterpreterTool():
            return {"type": "code_interpreter"}
        case CustomTool(kind):
            return {"type": kind}
        case _:
            assert_never(tool)


def tool_from_json(stored: JsonDict) -> ToolDefinition:
    """Whatever its type, what has a `function` is one."""
    kind = stored.get("type")
    if "function" in stored:
        function = _object(stored["function"])
        return FunctionTool(
            str(function.get("name") or ""),
            _text(function.get("description")),
            _object(function.get("parameters")),
            stored,
        )
    if kind == "file_search":
        search = _object(stored.get(kind))
        ranking = _object(search.get("ranking_options"))
        return FileSearchTool(
            _whole_number(search.get("max_num_results")),
            _number(ranking.get("score_threshold")) or 0.0,
            stored,
        )
    if kind == "code_interpreter":
        return CodeInterpreterTool(stored)
    if kind in _WEB_SEARCH:
        return WebSearchTool(stored)
    return CustomTool(str(kind or ""), stored)


def file_search_of(tools: Iterable[ToolDefinition]) -> FileSearchTool | None:
    """The first tool that searches files."""
    return next((tool for tool in tools if isinstance(tool, FileSearchTool)), None)


# The tools of an attachment are whatever the client wrote.
def _object(value: Any) -> JsonDict:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _whole_number(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
