"""What happens next in a run, from what the model just said. Pure."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pegboard import strict_json
from pegboard.llm.gateway import Tool, ToolCall


@dataclass(frozen=True, slots=True)
class Finish:
    """The answer is complete."""


@dataclass(frozen=True, slots=True)
class UseTools:
    """The server answers these calls itself, and the model goes on."""

    calls: tuple[ToolCall, ...]


@dataclass(frozen=True, slots=True)
class AwaitClient:
    """The caller has to answer `calls`, all of them together; the server answers `ours` first."""

    calls: tuple[ToolCall, ...]
    ours: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class AskAgain:
    """The calls cannot be passed on; `problems` has a sentence for each call, in their order."""

    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StopShort:
    """The model keeps making calls that cannot be passed on."""

    problem: str


Move: TypeAlias = Finish | UseTools | AwaitClient | AskAgain | StopShort


def next_move(
    calls: Sequence[ToolCall],
    *,
    tools: Sequence[Tool],
    server_tools: Container[str] = (),
    corrections_left: int,
) -> Move:
    """Decide on the calls of one answer. `server_tools` names those of `tools` that are ours.

    Clients index the required arguments without looking, so a call goes out only when its tool was
    offered and its arguments are an object with every required key. The model is told what is wrong
    and asked again, `corrections_left` times.
    """
    if not calls:
        return Finish()
    offered = {tool.name: tool for tool in tools}
    problems = tuple(_problem(call, offered.get(call.name)) for call in calls)
    if not any(problems):
        ours = tuple(call for call in calls if call.name in server_tools)
        theirs = tuple(call for call in calls if call.name not in server_tools)
        return AwaitClient(theirs, ours) if theirs else UseTools(ours)
    if corrections_left > 0:
        return AskAgain(
            tuple(problem or "Not made: another call was wrong." for problem in problems)
        )
    return StopShort(next(problem for problem in problems if problem))


def parse_arguments(arguments: str) -> dict[str, Any] | None:
    """The arguments as an object; None where the text is no JSON object."""
    try:
        parsed = strict_json.loads(arguments)
    except strict_json.BadJson:
        return None
    return parsed if isinstance(parsed, dict) else None


def _problem(call: ToolCall, tool: Tool | None) -> str:
    if tool is None:
        return f"There is no tool named {call.name!r}."
    parsed = parse_arguments(call.arguments)
    if parsed is None:
        return f"The arguments of {call.name!r} are not a JSON object."
    required = tool.parameters.get("required")
    missing = (
        [name for name in required if name not in parsed] if isinstance(required, list) else []
    )
    if missing:
        return f"The arguments of {call.name!r} lack {', '.join(map(repr, missing))}."
    return ""
