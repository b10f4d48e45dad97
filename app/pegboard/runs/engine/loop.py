"""The loop of a run: ask the model, yield what it says, decide what is next.

Knows neither the database nor any public API. What it yields together becomes true together;
recording and publishing are other modules' work.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Final, assert_never

import structlog

from pegboard.errors import AppError, ErrorKind
from pegboard.llm.failures import StreamCutOff
from pegboard.llm.gateway import Finished, FinishReason, Gateway
from pegboard.runs.engine import server_calls
from pegboard.runs.engine.execution import Execution
from pegboard.runs.engine.moves import (
    AskAgain,
    AwaitClient,
    Finish,
    StopShort,
    UseTools,
    next_move,
)
from pegboard.runs.engine.state import ExecutionState
from pegboard.runs.model.events import Facts, RoundFinished
from pegboard.runs.model.snapshots import CONTENT_FILTER, Failure

_FILTERED: Final = Failure(
    ErrorKind.PROVIDER_FAILED, CONTENT_FILTER, "The provider's content filter cut the answer short"
)

log = structlog.get_logger("pegboard.runs")


async def execute(gateway: Gateway, execution: Execution) -> AsyncGenerator[Facts, None]:
    """Execute a run from here until it settles: completed, failed, or waiting for the client.

    Every outcome is an event; an exception from here is a fault of ours.
    """
    state = ExecutionState.of(execution)
    yield state.opening()
    while True:
        if budget := state.spent_budget():
            yield state.cut_short(budget)
            return
        finish: Finished | None = None
        try:
            async with aclosing(gateway.stream(state.next_request())) as deltas:
                async for delta in deltas:
                    if isinstance(delta, Finished):
                        finish = delta
                    elif facts := state.draft.add(delta):
                        yield facts
            if finish is None:
                raise StreamCutOff("The provider ended the answer without a finish reason")
        except AppError as error:
            yield state.fail(Failure.of(error))
            return
        except Exception:
            log.exception("gateway_fault")
            message = "The model could not be asked"
            yield state.fail(Failure(ErrorKind.PROVIDER_FAILED, "server_error", message))
            return
        if facts := state.draft.end_round():
            yield facts
        state.count(finish.usage)
        if state.draft.has_calls:
            # Our own tools may take their time, and be aborted.
            yield (RoundFinished(state.run),)
        async with aclosing(_move_on(state, finish.reason)) as moves:
            async for facts in moves:
                yield facts
                if facts[-1].traits.settles:
                    return


async def _move_on(state: ExecutionState, reason: FinishReason) -> AsyncGenerator[Facts, None]:
    """What follows from a complete answer; unless the run settles, the model is asked again."""
    if reason is FinishReason.CONTENT_FILTER:
        yield state.cut_short(CONTENT_FILTER, _FILTERED)
        return
    calls = state.draft.made_calls()
    if not state.execution.options.generation.parallel_tool_calls:
        calls = calls[:1]
    move = next_move(
        calls,
        tools=state.offered,
        server_tools=state.server_tools,
        corrections_left=state.corrections_left,
    )
    match move:
        case Finish() | StopShort() if reason is FinishReason.LENGTH:
            yield state.cut_short("max_completion_tokens")
        case Finish():
            yield state.complete()
        case UseTools(calls=ours) | AwaitClient(ours=ours):
            outputs: Sequence[str] = ()
            if ours:
                first, begun = state.draft.begin_server_calls(ours)
                yield begun
                outputs, findings = await server_calls.make(state.execution.server_tools, ours)
                state.add_findings(findings)
                yield state.draft.finish_server_calls(first, ours, outputs)
            if isinstance(move, AwaitClient):
                yield state.pause(move.calls)
            else:
                state.uses_left -= 1
                state.add_turns(ours, outputs)
        case AskAgain(problems=problems):
            state.corrections_left -= 1
            state.add_turns(calls, problems)
        case StopShort(problem=problem):
            message = f"The model does not make a valid tool call: {problem}"
            yield state.fail(Failure(ErrorKind.PROVIDER_FAILED, "invalid_tool_call", message))
        case _:
            assert_never(move)
