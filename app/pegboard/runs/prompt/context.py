"""What the model will read, from what is stored.

Reading (`gather`) needs a scope; putting together (`assemble`) is pure and needs none, so that a
prompt that does not fit is a failed run like any other, not a lost message.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from pegboard.assistants.tools import FunctionTool
from pegboard.documents.document_search import DocumentMatches
from pegboard.llm.gateway import Passage, Prompt, Tool, ToolTurn
from pegboard.llm.tokens import count_prompt_tokens, count_tokens
from pegboard.messages import queries as messages
from pegboard.messages.tables import Role
from pegboard.models.entries import Window
from pegboard.runs.model.citations import INSTRUCTION, marker_of
from pegboard.runs.model.options import RunOptions
from pegboard.runs.model.snapshots import ContextUsage, Finding, Recalled
from pegboard.runs.prompt.history import ReasoningByMessage, StoredTurn, turns_of
from pegboard.runs.prompt.window import SizedTurn, fit, room_for_prompt
from pegboard.tenants.scope import Scope

_PAGE: Final = 500
_LONGEST_MEMORY: Final = 4_000
_CITE: Final = "Where you rely on something remembered, quote it and say that you remembered it."


# Some providers refuse to answer in JSON unless the prompt says so.
_JSON: Final = "Answer with one JSON object and nothing else."


@dataclass(frozen=True, slots=True)
class PreparedPrompt:
    """The newest messages, oldest first; `question` is the newest of the user's, by its id."""

    turns: Sequence[SizedTurn]
    question: str
    question_id: UUID | None


async def gather(
    scope: Scope, *, thread_id: UUID, window: Window, reasoning: ReasoningByMessage
) -> PreparedPrompt:
    """Read as much of the thread as can fit into the window, and no more."""
    rows: list[StoredTurn] = []
    before: int | None = None
    tokens = 0
    while True:
        page = await messages.newest_first(scope, thread_id, before=before, limit=_PAGE)
        rows.extend(StoredTurn(*row[1:]) for row in page)
        tokens += sum(row[-1] for row in page)
        if len(page) < _PAGE or tokens > window.context_limit:
            break
        before = page[-1][0]
    question = next((row for row in rows if row.role == Role.USER), None)
    return PreparedPrompt(
        turns_of(reversed(rows), reasoning),
        question=(question.content if question else None) or "",
        question_id=question.id if question else None,
    )


def assemble(
    prepared: PreparedPrompt,
    matches: DocumentMatches,
    recalled: Sequence[Recalled],
    options: RunOptions,
    *,
    findings: Sequence[Finding] = (),
    server_tools: Sequence[Tool] = (),
    window: Window,
    model_name: str,
) -> tuple[Prompt, ContextUsage]:
    """The prompt that fits. Raises ContextTooLong where not even the newest turn does.

    `findings` are those of the run before it was paused; `server_tools` are offered besides the
    caller's, unless he has one of the same name.
    """
    room = room_for_prompt(window.context_limit, window.max_output)
    room = min(room, options.max_prompt_tokens or room)
    bare = Prompt(
        system=_system(options, matches, recalled),
        turns=(),
        tools=_tools(options, server_tools),
        memories=_memories(recalled, room // 4),
        passages=(
            *_passages(matches, room // 4, marked=options.cite),
            *_findings(findings, room // 4),
        ),
    )
    fitted = fit(
        _newest(prepared.turns, options.last_messages),
        fixed_tokens=count_prompt_tokens(bare),
        room=room,
    )
    prompt = Prompt(bare.system, fitted.turns, bare.tools, bare.memories, bare.passages)
    usage = ContextUsage(fitted.used_tokens, window.context_limit, fitted.trimmed, model_name)
    return prompt, usage


def _newest(turns: Sequence[SizedTurn], most: int | None) -> Sequence[SizedTurn]:
    """The newest `most` messages with the outputs that belong to them; all where there is no limit.

    An output is no message of its own: it goes with the call that it answers.
    """
    at = len(turns)
    while most is not None and at and most:
        at -= 1
        most -= not isinstance(turns[at].turn, ToolTurn)
    return turns if most is None else turns[at:]


def _tools(options: RunOptions, server_tools: Sequence[Tool]) -> tuple[Tool, ...]:
    theirs = tuple(_offered(one) for one in options.tools if isinstance(one, FunctionTool))
    taken = {tool.name for tool in theirs}
    return (*theirs, *(tool for tool in server_tools if tool.name not in taken))


def _findings(findings: Sequence[Finding], room: int) -> tuple[Passage, ...]:
    """The newest findings that fit into `room` tokens, in the order in which they were made."""
    passages: list[Passage] = []
    for finding in reversed(findings):
        room -= count_tokens(finding.text)
        if room < 0:
            break
        passages.append(Passage(finding.text, finding.source))
    return tuple(reversed(passages))


def _memories(recalled: Sequence[Recalled], room: int) -> tuple[str, ...]:
    """The best memories that fit into `room` tokens; one that is a document is cut."""
    texts: list[str] = []
    for memory in recalled:
        text = memory.content[:_LONGEST_MEMORY]
        room -= count_tokens(text)
        if room < 0:
            break
        texts.append(text)
    return tuple(texts)


def _system(options: RunOptions, matches: DocumentMatches, recalled: Sequence[Recalled]) -> str:
    parts = [options.instructions]
    if options.memory.cite and recalled:
        parts.append(_CITE)
    if options.cite and matches.passages:
        parts.append(INSTRUCTION)
    if options.generation.json_output:
        parts.append(_JSON)
    return "\n\n".join(part for part in parts if part)


def _offered(tool: FunctionTool) -> Tool:
    """A function as the model is shown it: without the nulls that SDKs write."""
    parameters = _without_nulls(tool.parameters)
    return Tool(
        name=tool.name,
        description=tool.description or "",
        parameters={"type": "object", "properties": {}, **parameters},
    )


def _without_nulls(value: Any) -> Any:
    """Leave out keys whose value is null, except where null itself is a value."""
    if isinstance(value, dict):
        return {
            key: inner if key in {"enum", "const", "default"} else _without_nulls(inner)
            for key, inner in value.items()
            if inner is not None or key in {"const", "default"}
        }
    if isinstance(value, list):
        return [_without_nulls(inner) for inner in value]
    return value


def _passages(matches: DocumentMatches, room: int, *, marked: bool) -> tuple[Passage, ...]:
    """The best passages that fit into `room` tokens, and what could not be read at all."""
    passages = [
        Passage(f"This file could not be read: {reason}", filename)
        for filename, reason in matches.unreadable
    ]
    for index, passage in enumerate(matches.passages):
        room -= count_tokens(passage.text)
        if room < 0:
            break
        if marked:
            source = marker_of(index, passage.filename)
        else:
            place = f", {passage.place}" if passage.place else ""
            source = f"{passage.filename}{place}"
        passages.append(Passage(passage.text, source))
    return tuple(passages)
