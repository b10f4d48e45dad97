"""The loop of a run: ask the model, tell what it says, decide what is next.

Knows neither the database nor any public API. What it yields together becomes true together;
recording and telling are other modules' work.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, assert_never
from uuid import UUID

import structlog

from app import clock
from app.errors import AppError, Kind
from app.identifiers import new_id
from app.llm.failures import StreamCutOff
from app.llm.gateway import (
    NO_USAGE,
    AssistantTurn,
    Finished,
    FinishReason,
    Gateway,
    ModelName,
    ModelRequest,
    Prompt,
    ReasoningPiece,
    TextPiece,
    ToolCall,
    ToolCallPiece,
    ToolTurn,
    Turn,
    Usage,
)
from app.messages.tables import MessageStatus
from app.runs.events import (
    Facts,
    MemoriesRecalled,
    MessageFinished,
    MessageStarted,
    ReasoningDelta,
    ReasoningFinished,
    RunCompleted,
    RunFailed,
    RunPaused,
    RunStarted,
    TextDelta,
    ToolCallMade,
)
from app.runs.moves import AskAgain, AwaitClient, Finish, StopShort, next_move
from app.runs.options import RunOptions
from app.runs.snapshots import Failure, MessageSnapshot, RunSnapshot
from app.runs.statuses import RunStatus, check_move
from app.strict_json import storable

MAX_CORRECTIONS: Final = 2
"""How often a model is asked again after calls that could not be passed on."""

log = structlog.get_logger("pegboard.runs")


@dataclass(frozen=True, slots=True)
class Play:
    """All that is needed to play a run up to its next rest."""

    run: RunSnapshot
    requested: ModelName
    options: RunOptions
    prompt: Prompt


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
                content=text if text or status is MessageStatus.COMPLETED else None,
                reasoning="".join(self.reasoning) or None,
                tool_calls=calls,
                model=run.model,
                usage=self.usage,
                created_at=self.created_at,
                failure=failure,
            )
        )


async def play(gateway: Gateway, what: Play) -> AsyncGenerator[Facts, None]:
    """Play a run from here to its next rest: completed, failed, or waiting for the client.

    Every outcome is an event; an exception from here is a fault of ours.
    """
    run = what.run
    draft = _Draft(new_id(), clock.now())
    recalled = () if run.recalled is None else (MemoriesRecalled(run.recalled),)
    yield (RunStarted(run, draft.id), *recalled, MessageStarted(draft.id))
    turns: tuple[Turn, ...] = what.prompt.turns
    corrections_left = MAX_CORRECTIONS
    while True:
        request = ModelRequest(
            model=what.requested,
            prompt=replace(what.prompt, turns=turns),
            options=what.options.generation,
            round=run.rounds,
            script=what.options.script,
            whole=what.options.whole,
        )
        run = replace(run, rounds=run.rounds + 1)
        draft.calls = {}
        finish: Finished | None = None
        try:
            async with aclosing(_said(gateway, request, draft)) as said:
                async for fact in said:
                    if isinstance(fact, Finished):
                        finish = fact
                    else:
                        yield (fact,)
            if finish is None:
                raise StreamCutOff("The provider ended the answer without a finish reason")
        except AppError as error:
            yield _failed(run, draft, Failure.of(error))
            return
        except Exception:
            log.exception("gateway_fault", run_id=str(run.id))
            told = Failure(Kind.PROVIDER_FAILED, "server_error", "The model could not be asked")
            yield _failed(run, draft, told)
            return
        draft.usage = draft.usage + finish.usage
        run = replace(run, usage=run.usage + finish.usage)
        calls = draft.made_calls()
        move = next_move(calls, tools=what.prompt.tools, corrections_left=corrections_left)
        match move:
            case Finish():
                cut = finish.reason is FinishReason.LENGTH
                ended = RunStatus.INCOMPLETE if cut else RunStatus.COMPLETED
                run = _moved(run, ended)
                yield (draft.finished(run, MessageStatus.COMPLETED), RunCompleted(run))
                return
            case AwaitClient(calls=made):
                run = _moved(run, RunStatus.REQUIRES_ACTION)
                yield (
                    *(ToolCallMade(draft.id, call) for call in made),
                    draft.finished(run, MessageStatus.REQUIRES_ACTION, calls=made),
                    RunPaused(run, made),
                )
                return
            case AskAgain(problems=problems):
                corrections_left -= 1
                answers = zip(calls, problems, strict=True)
                turns = (
                    *turns,
                    AssistantTurn(None, calls),
                    *(ToolTurn(call.id, call.name, problem) for call, problem in answers),
                )
            case StopShort(problem=problem):
                told = Failure(
                    Kind.PROVIDER_FAILED,
                    "invalid_tool_call",
                    f"The model does not make a valid tool call: {problem}",
                )
                yield _failed(run, draft, told)
                return
            case _:
                assert_never(move)


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
                case TextPiece(text=told):
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


def _failed(run: RunSnapshot, draft: _Draft, failure: Failure) -> Facts:
    run = replace(_moved(run, RunStatus.FAILED), failure=failure)
    return (draft.finished(run, MessageStatus.FAILED, failure=failure), RunFailed(run))
