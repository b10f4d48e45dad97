"""Perform a scenario: the one place where executions of the engine are put together.

What is made up on the way, ids of messages and of calls, is replaced by fixed ones in the order in
which they appear: the n-th message is `MESSAGES[n]`, the n-th made up id of a call `call-made-n`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, Final
from uuid import UUID

from structlog.testing import capture_logs

from pegboard.errors import ErrorKind
from pegboard.llm.gateway import (
    NO_USAGE,
    AssistantTurn,
    GenerationOptions,
    ModelName,
    ModelRequest,
    Prompt,
    Reasoning,
    Tool,
    ToolTurn,
    Turn,
    UserTurn,
)
from pegboard.runs.engine.execution import Execution
from pegboard.runs.engine.loop import execute
from pegboard.runs.execution.aborting import aborted
from pegboard.runs.model.event_json import from_json, to_json
from pegboard.runs.model.events import (
    AnswerFinished,
    AnswerStarted,
    Facts,
    ItemFinished,
    ItemStarted,
    RunEvent,
    RunSettled,
)
from pegboard.runs.model.items import ReasoningItem
from pegboard.runs.model.options import RunOptions
from pegboard.runs.model.snapshots import (
    AnswerSnapshot,
    ContextUsage,
    Failure,
    Recalled,
    Retrieved,
    RunSnapshot,
)
from pegboard.runs.statuses import RunStatus
from tests.runs.engine.scenario import Scenario
from tests.runs.engine.scripted_gateway import BEGINNING, ScriptedGateway, Watch


def _id(number: int) -> UUID:
    return UUID(int=(0x7000_8 << 60) | number)


TENANT, THREAD, ASSISTANT, RUN, KEY = (_id(number) for number in range(1, 6))
QUESTION: Final = _id(0x10)
MEMORY_OPERATION: Final = _id(0x20)
MEMORIES: Final = tuple(_id(0x30 + number) for number in range(4))
DOCUMENTS: Final = tuple(_id(0x40 + number) for number in range(4))
FILES: Final = tuple(_id(0x50 + number) for number in range(4))
# Far from each other: what is derived from an id differs in its last bits.
MESSAGES: Final = tuple(_id(0x100 + 0x10 * number) for number in range(16))
MODEL: Final = ModelName("openai", "gpt-4o")
USER_TEXT: Final = "How is the weather?"
_MADE_CALL: Final = re.compile("call_[0-9a-f]{32}")
_KNOWN: Final = frozenset(
    {TENANT, THREAD, ASSISTANT, RUN, KEY, QUESTION, MEMORY_OPERATION}
    | {*MEMORIES, *DOCUMENTS, *FILES, *MESSAGES}
)
TOOLS: Final[dict[str, dict[str, Any]]] = {
    "weather": {
        "type": "object",
        "properties": {"location": {"type": "string"}},
        "required": ["location"],
    },
    "time": {"type": "object", "properties": {}},
    "search": {
        "type": "object",
        "properties": {"query": {"type": "string"}},
        "required": ["query"],
    },
}
_FAILURES: Final = {
    "cancelled": None,
    "server_lost": Failure(ErrorKind.UNAVAILABLE, "server_lost", "The server went away"),
}


@dataclass(frozen=True)
class Performance:
    """`executions` are the events of each, as they became true together.

    `requests` are those that the model got, `uses` are the calls of our own tools.
    """

    executions: tuple[tuple[Facts, ...], ...]
    requests: tuple[ModelRequest, ...]
    uses: tuple[tuple[str, Mapping[str, Any]], ...]

    def events(self) -> tuple[RunEvent, ...]:
        return tuple(
            event for execution in self.executions for facts in execution for event in facts
        )


@dataclass
class _Tools:
    """Our own tools, which return what is written down."""

    outputs: dict[str, str]
    uses: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    @property
    def tools(self) -> tuple[Tool, ...]:
        return tuple(_tool(name) for name in self.outputs)

    async def use(self, name: str, arguments: Mapping[str, Any]) -> str:
        self.uses.append((name, arguments))
        return self.outputs[name]


async def perform(scenario: Scenario) -> Performance:
    watch, made = Watch(), _Made()
    gateway = ScriptedGateway([one for rounds in scenario.executions for one in rounds], watch)
    tools = _Tools(scenario.server_tools)
    what = _first(scenario, tools)
    executions: list[tuple[Facts, ...]] = []
    with watch.worn(), capture_logs():
        for number, _ in enumerate(scenario.executions):
            if number:
                what = _resumed(what, executions[-1], scenario.outputs[number - 1])
            ending = scenario.ending if number == len(scenario.executions) - 1 else None
            followed: list[Facts] = []
            async with aclosing(execute(gateway, what)) as moments:
                async for facts in moments:
                    followed.append(facts)
                    if ending is not None and _count(_flat(followed)) >= ending.followed:
                        break
            if ending is not None:
                followed.append(_ended(what.run, _flat(followed), ending.word))
            executions.append(made.fixed(tuple(followed)))
    assert gateway.unasked == 0, f"{gateway.unasked} rounds of the script were not asked for"
    assert gateway.open == 0, "an answer of the model was left open"
    return Performance(tuple(executions), made.fixed(tuple(gateway.requests)), tuple(tools.uses))


def logged(events: Sequence[RunEvent]) -> list[RunEvent]:
    """The events as they come out of a log that they were written to."""
    return from_json(json.loads(json.dumps(to_json(events))))


def _first(scenario: Scenario, tools: _Tools) -> Execution:
    given = scenario.given
    run = RunSnapshot(
        id=RUN,
        tenant_id=TENANT,
        thread_id=THREAD,
        assistant_id=ASSISTANT,
        status=RunStatus.IN_PROGRESS,
        model=MODEL,
        rounds=0,
        usage=NO_USAGE,
        context_usage=ContextUsage(120, 1000, 0, MODEL.name),
        retrieved=tuple(
            Retrieved(DOCUMENTS[at], name, (0,), score, FILES[at], text)
            for at, (name, score, text) in enumerate(given.get("retrieved", ()))
        ),
        recalled=(
            tuple(
                Recalled(MEMORIES[at], text, score)
                for at, (text, score) in enumerate(given["recalled"])
            )
            if "recalled" in given
            else None
        ),
        memory_operation_id=MEMORY_OPERATION if given.get("learns") else None,
        key_id=KEY,
    )
    options = RunOptions(
        model=MODEL,
        generation=GenerationOptions(**scenario.options),
        cite=bool(given.get("retrieved")),
        max_prompt_tokens=scenario.budgets.get("prompt"),
        max_completion_tokens=scenario.budgets.get("completion"),
    )
    prompt = Prompt(
        "Be brief.", (UserTurn(USER_TEXT),), (*map(_tool, scenario.tools), *tools.tools)
    )
    logged = (AnswerStarted(MESSAGES[0], BEGINNING),) if given.get("begun") else ()
    return Execution(run, MODEL, options, prompt, tools, logged)


def _resumed(what: Execution, before: Sequence[Facts], outputs: Mapping[str, str]) -> Execution:
    """The next execution of a paused run: as it was left, with its outputs on the thread."""
    events = _flat(before)
    paused = next(event for event in events if isinstance(event, RunSettled))
    answer = next(event.message for event in events if isinstance(event, AnswerFinished))
    assert [call.id for call in paused.calls] == list(outputs)
    turns: tuple[Turn, ...] = (
        *what.prompt.turns,
        AssistantTurn(answer.content, answer.tool_calls, _reasoning(answer)),
        *(ToolTurn(call.id, call.name, outputs[call.id]) for call in paused.calls),
    )
    run = replace(paused.run, status=RunStatus.IN_PROGRESS)
    return replace(what, run=run, prompt=replace(what.prompt, turns=turns), logged=())


def _reasoning(answer: AnswerSnapshot) -> tuple[Reasoning, ...]:
    thought = [item for item in answer.items if isinstance(item, ReasoningItem)]
    return tuple(block for item in thought for block in item.blocks)


def _ended(run: RunSnapshot, followed: Sequence[RunEvent], word: str) -> Facts:
    if word == "expired":
        return (RunSettled(replace(run, status=RunStatus.EXPIRED)),)
    return aborted(run, followed, _FAILURES[word])


def _count(events: Sequence[RunEvent]) -> int:
    """Events, but for the beginnings and ends of items that add nothing."""
    boundaries = (ItemStarted, ItemFinished)
    return sum(
        not isinstance(event, boundaries)
        or (isinstance(event, ItemFinished) and isinstance(event.item, ReasoningItem))
        for event in events
    )


def _flat(batches: Sequence[Facts]) -> list[RunEvent]:
    return [event for facts in batches for event in facts]


def _tool(name: str) -> Tool:
    return Tool(name, f"Tells the {name}", TOOLS[name])


class _Made:
    """Ids that were made up, and the fixed ones that stand for them."""

    def __init__(self) -> None:
        self._messages: dict[UUID, UUID] = {}
        self._calls: dict[str, str] = {}

    def fixed(self, value: Any) -> Any:
        """The same, however deep, with fixed ids."""
        if isinstance(value, UUID) and value not in _KNOWN:
            return self._messages.setdefault(value, MESSAGES[len(self._messages)])
        if isinstance(value, str) and type(value) is str:
            return _MADE_CALL.sub(self._call, value)
        if is_dataclass(value) and not isinstance(value, type):
            inner = {one.name: self.fixed(getattr(value, one.name)) for one in fields(value)}
            return replace(value, **inner)
        if isinstance(value, tuple):
            return tuple(self.fixed(one) for one in value)
        return value

    def _call(self, made: "re.Match[str]") -> str:
        return self._calls.setdefault(made[0], f"call-made-{len(self._calls) + 1}")
