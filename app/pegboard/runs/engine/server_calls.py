"""Calls of tools that this server answers itself: made side by side, and raising nothing."""

import asyncio
from collections.abc import Sequence
from typing import Final

from pegboard.llm.gateway import ToolCall
from pegboard.runs.engine.moves import parse_arguments
from pegboard.runs.model.server_tools import ServerTools
from pegboard.runs.model.snapshots import Finding
from pegboard.strict_json import storable
from pegboard.telemetry import tracing

MAX_CALLS: Final = 8
"""How many calls of our own tools one answer may make."""

_TOO_MANY: Final = "Not made: too many calls at once."


async def make(
    tools: ServerTools, calls: Sequence[ToolCall]
) -> tuple[list[str], tuple[Finding, ...]]:
    """The outputs in the order of the calls, and what of them the run keeps."""
    accepted, refused = calls[:MAX_CALLS], calls[MAX_CALLS:]
    returned = await asyncio.gather(*(_make(tools, call) for call in accepted))
    outputs = [*map(storable, returned)]
    findings = tuple(map(Finding.of, accepted, outputs))
    return [*outputs, *(_TOO_MANY for _ in refused)], findings


async def _make(tools: ServerTools, call: ToolCall) -> str:
    attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": call.name}
    with tracing.span(f"execute_tool {call.name}", attributes=attributes):
        return await tools.use(call.name, parse_arguments(call.arguments) or {})
