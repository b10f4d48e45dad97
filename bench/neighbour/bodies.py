"""Bodies that cost a server more than they cost who sends them. Pure."""

import json
from typing import Any, Final

from bench import words

PATTERN: Final = "(a|.)" * 50 + "!"
"""A backtracking engine tries 2^50 ways before it knows that this does not match NO_MATCH."""

_SHORTEST_WORD: Final = 5
NO_MATCH: Final = "a" * 60

_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"code": {"type": "string", "pattern": PATTERN}},
    "required": ["code"],
}


def message_with_pattern(*, called: bool = True) -> bytes:
    """With a tool; called with NO_MATCH by the sandbox, or else as the sandbox thinks fit."""
    function = {"name": "find_code", "description": "Find a code", "parameters": _SCHEMA}
    call = {"name": "find_code", "arguments": {"code": NO_MATCH}}
    return _json(
        {
            "content": f"Find the code {NO_MATCH}",
            "tools": [{"type": "function", "function": function}],
            "metadata": {"sandbox": {"tool_calls": [call]}} if called else {},
        }
    )


def completion_with_pattern() -> bytes:
    shape = {"name": "found", "schema": _SCHEMA}
    return _json(
        {
            "model": "gpt-4o",
            "messages": [{"role": "user", "content": f"Find the code {NO_MATCH}"}],
            "response_format": {"type": "json_schema", "json_schema": shape},
        }
    )


def zeros_as_tools(size: int) -> bytes:
    """`size` bytes of tools that are none."""
    return b'{"name":"zeros","tools":[' + b",".join([b"0"] * (size // 2)) + b"]}"


def valid_tools(count: int) -> bytes:
    tools = [
        {"type": "function", "function": {"name": f"tool_{number}", "description": "Does a thing"}}
        for number in range(count)
    ]
    return _json({"name": "tools", "tools": tools})


def message_with_keys(count: int) -> bytes:
    return _json({"content": "Hello", "metadata": {f"k{number}": "" for number in range(count)}})


def message_with_reply(size: int) -> bytes:
    """Streamed, as each piece of an answer costs a frame then."""
    script = {"sandbox": {"reply": text(size)}}
    return _json({"content": "Hello", "stream": True, "metadata": script})


def query(size: int) -> bytes:
    return _json({"query": text(size)})


def text(size: int) -> str:
    """So many characters, in words."""
    return words.text(size // _SHORTEST_WORD)[:size]


def _json(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode()
