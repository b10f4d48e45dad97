"""The loop of a run: ask the model, tell what it says, decide what is next.

Knows neither the database nor any public API. What it yields together becomes true together;
recording and telling are other modules' work.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Self, assert_never
from uuid import UUID

import structlog

from pegboard import clock
from pegboard.errors import AppError, Kind
from pegboard.identifiers import new_id
from pegboard.llm.failures import StreamCutOff
from pegboard.llm.gateway import (
    NO_USAGE,
    AssistantTurn,
    Finished,
    FinishReason,
    Gateway,
    GenerationOptions,
    ModelName,
    ModelRequest,
    Prompt,
    ReasoningPiece,
    RefusalPiece,
    TextPiece,
    Tool,
    ToolCall,
    ToolCallPiece,
    ToolTurn,
    Turn,
    Usage,
)
from pegboard.messages.tables import MessageStatus
from pegboard.runs.engine.moves import (
    AskAgain,
    AwaitClient,
    Finish,
    StopShort,
    UseTools,
    next_move,
    parse_arguments,
)
from pegboard.runs.model.events import (
    Facts,
    MemoriesRecalled,
    MessageFinished,
    MessageStarted,
    ReasoningDelta,
    ReasoningFinished,
    RoundFinished,
    RunCompleted,
    RunFailed,
    RunPaused,
    RunStarted,
    TextDelta,
    ToolCallMade,
)
from pegboard.runs.model.options import RunOptions
from pegboard.runs.model.server_tools import NoTools, ServerTools
from pegboard.runs.model.snapshots import Failure, Finding, MessageSnapshot, RunSnapshot
from pegboard.runs.statuses import RunStatus, check_move
from pegboard.strict_json import storable
from pegboard.telemetry import tracing

MAX_CORRECTIONS: Final = 2
"""How often a model is asked again after calls that could not be passed on."""

MAX_USES: Final = 8
"""How many answers with calls of our own tools a model may give in one play."""

MAX_CALLS: Final = 8
"""How many calls of our own tools one answer may make."""

_WHOLE: Final = frozenset({MessageStatus.COMPLETED, MessageStatus.INCOMPLETE})
_LONGEST_SOURCE: Final = 200
_TOO_MANY: Final = "Not made: too many calls at once."

log = structlog.get_logger("pegboard.runs")


@dataclass(frozen=True, slots=True)
class Play:
    """All that is needed to play a run up to its next rest.

    `begun` is the beginning of the answer, where it has been told already.
    """

    run: RunSnapshot
    requested: ModelName
    options: RunOptions
    prompt: Prompt
    server_tools: ServerTools = NoTools()  # noqa: RUF009  it holds nothing
    begun: MessageStarted | None = None


@dataclass(slots=True)
class _Draft:
    """The message being written."""

    id: UUID
    created_at: datetime
    text: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    calls: dict[int, ToolCall] = field(default_factory=dict)
    usage: Usage = NO_USAGE

    def add_call_piece(self, piece: ToolCallPiece) -> None:
        begun = self.calls.get(piece.index) or ToolCall(piece.id or f"call_{new_id().hex}", "", "")
        self.calls[piece.index] = replace(
            begun,
            name=begun.name or piece.name or "",
            arguments=begun.arguments + piece.arguments,
        )

    def made_calls(self) -> tuple[ToolCall, ...]:
        """The calls in order, each with an id of its own, as outputs are told apart by it.

        A function without parameters is called with no text at all.
        """
        made: dict[str, ToolCall] = {}
        for _, call in sorted(self.calls.items()):
            call_id = storable(call.id)
            if not call_id or call_id in made:
                call_id = f"call_{new_id().hex}"
            made[call_id] = ToolCall(
                call_id, storable(call.name), storable(call.arguments).strip() or "{}"
            )
        return tuple(made.values())

    def finished(
        self,
        run: RunSnapshot,
        status: MessageStatus,
        *,
        calls: tuple[ToolCall, ...] = (),
        failure: Failure | None = None,
    ) -> MessageFinished:
        text = "".join(self.text)
        return MessageFinished(
            MessageSnapshot(
                id=self.id,
                run_id=run.id,
                thread_id=run.thread_id,
                status=status,
                content=text if text or status in _WHOLE else None,
                reasoning="".join(self.reasoning) or None,
                tool_calls=calls,
                model=run.model,
                usage=self.usage,
                created_at=self.created_at,
                ended_at=clock.now(),
                failure=failure,
            )
        )


@dataclass(slots=True)
class _Playing:
    """Where a play stands. `ours` names the offered tools that the server answers itself."""

    what: Play
    run: RunSnapshot
    draft: _Draft
    turns: tuple[Turn, ...]
    ours: frozenset[str]
    said_before: int = 0
    corrections_left: int = MAX_CORRECTIONS
    uses_left: int = MAX_USES

    @classmethod
    def of(cls, what: Play) -> Self:
        return cls(
            what,
            what.run,
            _Draft(new_id(), clock.now())
            if what.begun is None
            else _Draft(what.begun.message_id, what.begun.created_at),
            what.prompt.turns,
            frozenset(t.name for t in what.server_tools.tools if t in what.prompt.tools),
        )

    @property
    def offered(self) -> tuple[Tool, ...]:
        """Once the uses are spent our tools are offered no more, and the model has to answer."""
        tools = self.what.prompt.tools
        return tuple(tool for tool in tools if self.uses_left or tool.name not in self.ours)

    def next_request(self) -> ModelRequest:
        """What the model is asked in the round that begins now."""
        request = ModelRequest(
            model=self.what.requested,
            prompt=replace(self.what.prompt, turns=self.turns, tools=self.offered),
            options=self._generation(),
            round=self.run.rounds,
            script=self.what.options.extensions.sandbox_script,
            whole=not self.what.options.streaming,
        )
        self.run = replace(self.run, rounds=self.run.rounds + 1)
        self.draft.calls = {}
        self.said_before = len(self.draft.text)
        return request

    def count(self, used: Usage) -> None:
        self.draft.usage = self.draft.usage + used
        self.run = replace(self.run, usage=self.run.usage + used)

    def spent(self) -> str | None:
        """The budget that forbids another model call."""
        options, used = self.what.options, self.run.usage
        if _reached(options.max_completion_tokens, used.output_tokens):
            return "max_completion_tokens"
        if _reached(options.max_prompt_tokens, used.input_tokens):
            return "max_prompt_tokens"
        return None

    def _generation(self) -> GenerationOptions:
        """A forced choice of tools counts for the first call: else the run would go round."""
        wished = self.what.options.generation
        left = self.what.options.max_completion_tokens
        if left is not None:
            left -= self.run.usage.output_tokens
            limit = left if wished.max_output_tokens is None else wished.max_output_tokens
            wished = replace(wished, max_output_tokens=min(left, limit))
        return replace(wished, tool_choice=None) if self.run.rounds else wished

    async def move_on(self, finish: Finished) -> Facts:
        """What follows from a whole answer: how the run comes to rest, or nothing: ask again."""
        calls = self.draft.made_calls()
        if not self.what.options.generation.parallel_tool_calls:
            calls = calls[:1]
        move = next_move(
            calls,
            tools=self.offered,
            server_tools=self.ours,
            corrections_left=self.corrections_left,
        )
        match move:
            case Finish():
                if finish.reason is FinishReason.LENGTH:
                    return self.cut_short("max_completion_tokens")
                run = _moved(self.run, RunStatus.COMPLETED)
                return (self.draft.finished(run, MessageStatus.COMPLETED), RunCompleted(run))
            case UseTools(calls=made):
                self.uses_left -= 1
                self._add_turns(made, await self._use(made))
                return ()
            case AwaitClient(calls=made, ours=also):
                await self._use(also)
                run = _moved(self.run, RunStatus.REQUIRES_ACTION)
                return (
                    *(ToolCallMade(self.draft.id, call) for call in made),
                    self.draft.finished(run, MessageStatus.REQUIRES_ACTION, calls=made),
                    RunPaused(run, made),
                )
            case AskAgain(problems=problems):
                self.corrections_left -= 1
                self._add_turns(calls, problems)
                return ()
            case StopShort(problem=problem):
                told = Failure(
                    Kind.PROVIDER_FAILED,
                    "invalid_tool_call",
                    f"The model does not make a valid tool call: {problem}",
                )
                return self.failed(told)
            case _:
                assert_never(move)

    def cut_short(self, budget: str) -> Facts:
        run = replace(_moved(self.run, RunStatus.INCOMPLETE), incomplete=budget)
        return (self.draft.finished(run, MessageStatus.INCOMPLETE), RunCompleted(run))

    def failed(self, failure: Failure) -> Facts:
        run = replace(_moved(self.run, RunStatus.FAILED), failure=failure)
        return (self.draft.finished(run, MessageStatus.FAILED, failure=failure), RunFailed(run))

    async def _use(self, calls: Sequence[ToolCall]) -> list[str]:
        """The outputs of our own tools, in the order of the calls; the run keeps them."""
        tools = self.what.server_tools
        made, refused = calls[:MAX_CALLS], calls[MAX_CALLS:]
        outputs = await asyncio.gather(*(_used(tools, call) for call in made))
        told = [*map(storable, outputs), *(_TOO_MANY for _ in refused)]
        findings = (
            Finding(f"{call.name} {call.arguments}"[:_LONGEST_SOURCE], output)
            for call, output in zip(made, told, strict=False)
        )
        self.run = replace(self.run, findings=(*self.run.findings, *findings))
        return told

    def _add_turns(self, calls: tuple[ToolCall, ...], outputs: Sequence[str]) -> None:
        said = "".join(self.draft.text[self.said_before :])
        answered = zip(calls, outputs, strict=True)
        self.turns = (
            *self.turns,
            AssistantTurn(said or None, calls),
            *(ToolTurn(call.id, call.name, output) for call, output in answered),
        )


async def play(gateway: Gateway, what: Play) -> AsyncGenerator[Facts, None]:
    """Play a run from here to its next rest: completed, failed, or waiting for the client.

    Every outcome is an event; an exception from here is a fault of ours.
    """
    playing = _Playing.of(what)
    run, draft = what.run, playing.draft
    recalled = () if run.recalled is None else (MemoriesRecalled(run.recalled),)
    yield (RunStarted(run, draft.id), *recalled, MessageStarted(draft.id, draft.created_at))
    while True:
        if budget := playing.spent():
            yield playing.cut_short(budget)
            return
        finish: Finished | None = None
        try:
            async with aclosing(_said(gateway, playing.next_request(), draft)) as said:
                async for fact in said:
                    if isinstance(fact, Finished):
                        finish = fact
                    else:
                        yield (fact,)
            if finish is None:
                raise StreamCutOff("The provider ended the answer without a finish reason")
        except AppError as error:
            yield playing.failed(Failure.of(error))
            return
        except Exception:
            log.exception("gateway_fault")
            told = Failure(Kind.PROVIDER_FAILED, "server_error", "The model could not be asked")
            yield playing.failed(told)
            return
        playing.count(finish.usage)
        if draft.calls:
            # Our own tools may take their time, and be broken off.
            yield (RoundFinished(playing.run),)
        rest = await playing.move_on(finish)
        if rest:
            yield rest
            return


async def _used(tools: ServerTools, call: ToolCall) -> str:
    attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": call.name}
    with tracing.span(f"execute_tool {call.name}", attributes=attributes):
        return await tools.use(call.name, parse_arguments(call.arguments) or {})


def _reached(budget: int | None, used: int) -> bool:
    return budget is not None and used >= budget


async def _said(
    gateway: Gateway, request: ModelRequest, draft: _Draft
) -> AsyncGenerator[TextDelta | ReasoningDelta | ReasoningFinished | Finished, None]:
    """Write the model's pieces into the draft and pass on those that are told."""
    reasoning = False
    async with aclosing(gateway.stream(request)) as deltas:
        async for delta in deltas:
            if reasoning and not isinstance(delta, ReasoningPiece):
                reasoning = False
                yield ReasoningFinished(draft.id)
            match delta:
                case TextPiece(text=told) | RefusalPiece(text=told):
                    text = storable(told)
                    draft.text.append(text)
                    yield TextDelta(draft.id, text)
                case ReasoningPiece(text=told):
                    text = storable(told)
                    reasoning = True
                    draft.reasoning.append(text)
                    yield ReasoningDelta(draft.id, text)
                case ToolCallPiece():
                    draft.add_call_piece(delta)
                case Finished():
                    yield delta
                case _:
                    assert_never(delta)


def _moved(run: RunSnapshot, status: RunStatus) -> RunSnapshot:
    check_move(run.status, status)
    return replace(run, status=status)
