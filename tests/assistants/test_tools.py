"""Tools as values, and as columns hold them."""

import json
from typing import Any

import pytest

from pegboard.assistants.tools import (
    CodeInterpreterTool,
    CustomTool,
    FileSearchTool,
    FunctionTool,
    ToolDefinition,
    WebSearchTool,
    from_json,
    to_json,
)

_SCHEMA: Any = {"properties": {"b": {"enum": [None, 1]}, "a": {}}, "x-own": 1, "type": "object"}


@pytest.mark.parametrize(
    ("stored", "tool"),
    [
        (
            {
                "function": {"parameters": _SCHEMA, "strict": True, "name": "f", "x": None},
                "y": [1],
                "type": "function",
            },
            FunctionTool("f", None, _SCHEMA),
        ),
        (
            {"type": "own", "function": {"name": "g", "description": "G"}},
            FunctionTool("g", "G"),
        ),
        (
            {
                "type": "file_search",
                "file_search": {
                    "ranking_options": {"ranker": "auto", "score_threshold": 0.5},
                    "max_num_results": 3,
                },
            },
            FileSearchTool(3, 0.5),
        ),
        ({"type": "file_search"}, FileSearchTool()),
        ({"type": "file_search", "file_search": {"max_num_results": "3"}}, FileSearchTool()),
        ({"type": "code_interpreter"}, CodeInterpreterTool()),
        ({"type": "web_search_preview", "size": "low"}, WebSearchTool()),
        ({"type": "retrieval", "x": 1}, CustomTool("retrieval")),
        ({}, CustomTool("")),
    ],
)
def test_a_tool_is_what_it_says_and_is_written_as_it_was(stored: Any, tool: Any) -> None:
    assert from_json([stored]) == (tool,)
    (written,) = to_json(from_json([stored]))
    assert json.dumps(written) == json.dumps(stored), "to the order of its keys"


@pytest.mark.parametrize(
    "tool",
    [
        FunctionTool("f", "F", {"type": "object"}),
        FunctionTool("f"),
        FileSearchTool(3, 0.5),
        FileSearchTool(),
        CodeInterpreterTool(),
        WebSearchTool(),
        CustomTool("own"),
    ],
)
def test_a_tool_that_no_client_wrote_is_read_as_what_it_is(tool: ToolDefinition) -> None:
    assert from_json(to_json([tool])) == (tool,)
