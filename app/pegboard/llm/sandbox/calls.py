"""A request in, the tool calls to make now out.

The whole plan is drawn from the user's words alone; what was called since then is taken off it,
so a run comes to its end whatever the outputs say.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from pegboard.english.words import within_reach
from pegboard.llm.gateway import (
    AssistantTurn,
    ModelRequest,
    SystemTurn,
    Tool,
    ToolCall,
    ToolTurn,
    Turn,
    UserTurn,
)
from pegboard.llm.sandbox.arguments import Source, value_for
from pegboard.llm.sandbox.conversation import said_before, since_user, user_text
from pegboard.llm.sandbox.mentions import read_mentions
from pegboard.llm.sandbox.politeness import bare_request
from pegboard.llm.sandbox.tool_choice import Match, best_match, matches, words_of_tool

_STAGE = re.compile(r"[,.;]?\s+(?:and then|then|after that|afterwards|and after that)\s+", re.I)
_FOLLOW_UP = re.compile(r"^\W*(?:and|what about|how about)\b", re.IGNORECASE)
_MAX_CALLS = 16
_MAX_TOOLS = 128


def next_calls(request: ModelRequest) -> tuple[ToolCall, ...]:
    """The calls of this round; empty when it is time to answer."""
    tools, choice = request.prompt.tools[:_MAX_TOOLS], request.options.tool_choice
    if not tools or choice == "none":
        return ()
    turns = request.prompt.turns
    recent = since_user(turns)
    made = Counter(call.name for turn in recent for call in _calls_of(turn))
    forced = _forced(choice, request.prompt.tools)
    if made and (forced or choice == "required"):
        return ()
    whole = within_reach(user_text(turns))
    if forced:
        planned = [[Match(forced, whole)]]
    else:
        planned = [matches(stage, tools) for stage in _STAGE.split(whole)] or [[]]
        if not any(planned) and (again := _followed_up(whole, turns, tools)):
            planned = [[Match(again, whole)]]
        if not any(planned) and choice == "required":
            planned = [[Match(best_match(whole, tools), whole)]]
    facts = _facts(recent)
    for stage in planned:
        calls = [
            (match.tool.name, arguments)
            for match in stage
            for arguments in _argument_sets(match, whole, facts)
        ]
        due = list(_not_yet_made(_distinct(calls), made))[:_MAX_CALLS]
        if due:
            due = due if request.options.parallel_tool_calls else due[:1]
            return tuple(
                ToolCall(call_id(request, index), name, arguments)
                for index, (name, arguments) in enumerate(due)
            )
    return ()


def call_id(request: ModelRequest, index: int) -> str:
    """The same for the same conversation, round and place; different where any of them differs."""
    turns = request.prompt.turns
    content = sha256(f"{request.round}\n{len(turns)}\n{index}\n".encode())
    for turn in turns:
        for part in _distinguishing(turn):
            content.update(part.encode("utf-8", "replace") + b"\n")
    return f"call_{content.hexdigest()[:24]}"


def _distinguishing(turn: Turn) -> Iterator[str]:
    """All that tells a turn from another."""
    yield type(turn).__name__
    match turn:
        case UserTurn(text=text) | SystemTurn(text=text):
            yield text
        case ToolTurn(call_id=answered, output=output):
            yield from (answered, output)
        case AssistantTurn(text=answer, tool_calls=calls):
            yield answer or ""
            for call in calls:
                yield from (call.id, call.name, call.arguments)


def _calls_of(turn: Turn) -> tuple[ToolCall, ...]:
    return turn.tool_calls if isinstance(turn, AssistantTurn) else ()


def _forced(choice: object, tools: Sequence[Tool]) -> Tool | None:
    if not isinstance(choice, Mapping):
        return None
    function = choice.get("function")
    named = function.get("name") if isinstance(function, Mapping) else choice.get("name")
    return next((tool for tool in tools if tool.name == named), None)


def _followed_up(text: str, turns: Sequence[Turn], tools: Sequence[Tool]) -> Tool | None:
    """The tool called last, where the user only names another value ("And in Tokyo?")."""
    if not _FOLLOW_UP.search(text) or len(text) > 80 or not read_mentions(text).any_value():
        return None
    last = next((call.name for turn in said_before(turns) for call in _calls_of(turn)), None)
    return next((tool for tool in tools if tool.name == last), None)


def _argument_sets(match: Match, whole: str, facts: Mapping[str, Any]) -> Iterator[str]:
    """Arguments for one call, or for several where the text lists values for one of them."""
    schema = match.tool.parameters
    source = Source(
        text=match.text,
        whole=whole,
        prose=bare_request(match.text),
        facts=facts,
        ignored=words_of_tool(match.tool),
    )
    together = value_for(schema, source)
    listed = _one_by_one(match.text) or _one_by_one(whole)
    split: list[Any] = []
    for item, variant in listed:
        value = value_for(schema, replace(source, text=variant, whole=variant))
        if not isinstance(value, dict) or item.lower() not in _low_values(value):
            break
        split.append(value)
    several = bool(split) and len(split) == len(listed) and not _holds_list(together)
    for value in split if several else [together]:
        yield json.dumps(value if isinstance(value, dict) else {}, ensure_ascii=False)


def _one_by_one(text: str) -> list[tuple[str, str]]:
    """Each item of the text's first list, with the text as if it named that item alone."""
    for mention in read_mentions(text).names:
        if len(mention.items) > 1 and mention.preposition != "between":
            before, after = text[: mention.start], text[mention.end :]
            return [(item, f"{before}{item}{after}") for item in mention.items]
    return []


def _low_values(value: Mapping[str, Any]) -> set[str]:
    return {item.lower() for item in value.values() if isinstance(item, str)}


def _holds_list(value: object) -> bool:
    return isinstance(value, dict) and any(
        isinstance(item, list) and len(item) > 1 for item in value.values()
    )


def _distinct(calls: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return list(dict.fromkeys(calls))


def _not_yet_made(
    calls: Sequence[tuple[str, str]], made: Mapping[str, int]
) -> Iterator[tuple[str, str]]:
    left = dict(made)
    for name, arguments in calls:
        if left.get(name, 0) > 0:
            left[name] -= 1
        else:
            yield name, arguments


def _facts(recent: Sequence[Turn]) -> dict[str, Any]:
    """What the tools have returned so far, by key; the newest wins."""
    facts: dict[str, Any] = {}
    for turn in recent:
        if not isinstance(turn, ToolTurn) or len(turn.output) > 100_000:
            continue
        try:
            returned = json.loads(turn.output)
        except (ValueError, RecursionError):
            continue
        if isinstance(returned, dict):
            facts.update(returned)
    return facts
