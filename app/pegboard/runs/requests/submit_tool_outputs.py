"""Tool outputs in, a paused run in progress again: one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import update

from pegboard import clock
from pegboard.assistants.tools import Tools
from pegboard.db.base import JsonDict
from pegboard.errors import AppError, ErrorKind, NotFound
from pegboard.messages import operations as messages
from pegboard.messages.tables import MessageStatus, Role
from pegboard.runs import queries
from pegboard.runs.leases import LeaseHolder
from pegboard.runs.model.options import RunOptions, from_json, to_json
from pegboard.runs.prompt.history import calls_of
from pegboard.runs.prompt.run_context import RunContext
from pegboard.runs.requests.admission import admit
from pegboard.runs.requests.starter import Starter
from pegboard.runs.requests.turns import Turn
from pegboard.runs.statuses import IllegalRunMove, RunStatus, sources
from pegboard.runs.tables import Run
from pegboard.runs.thread_lock import ThreadState, lock_thread
from pegboard.tenants.callers import Caller
from pegboard.tenants.scope import Scope


@dataclass(frozen=True, slots=True)
class ToolOutput:
    call_id: str
    output: str


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a submission changes for the rest of its run; None leaves it."""

    tools: Tools | None = None
    thinking: JsonDict | None = None

    def applied(self, options: RunOptions) -> RunOptions:
        if self.tools is not None:
            options = replace(options, tools=self.tools)
        if self.thinking is not None:
            generation = replace(options.generation, thinking=self.thinking)
            options = replace(options, generation=generation)
        return options


class NothingPending(AppError):
    """No run of the thread waits for outputs; perhaps somebody else has submitted them."""

    kind = ErrorKind.NOT_FOUND
    code = "nothing_pending"

    def __init__(self) -> None:
        super().__init__("Thread not found, or no pending REQUIRES_ACTION on the thread")


class WrongOutputs(AppError):
    """The outputs do not answer just the calls that the run waits for."""

    kind = ErrorKind.INVALID
    code = "wrong_tool_outputs"

    def __init__(self, expected: Sequence[str], given: Sequence[str]) -> None:
        super().__init__(
            f"Expected one tool output for each of the call ids {list(expected)}, got {list(given)}"
        )
        self.expected = expected
        self.given = given


class NotWaiting(IllegalRunMove):
    """The run waits for no outputs."""

    def __init__(self, status: str) -> None:
        super().__init__(f"Run is {status} and does not accept tool outputs")
        self.status = status


async def submit(
    starter: Starter,
    caller: Caller,
    *,
    thread_id: UUID,
    run_id: UUID | None,
    outputs: Sequence[ToolOutput],
    overrides: Overrides,
    streaming: bool,
) -> Turn:
    """Store the outputs of a paused run and have it go on.

    Without a run's id, that of the one run of the thread that waits. Raises NotFound,
    NothingPending, NotWaiting, WrongOutputs, LimitReached; nothing has changed then.
    """
    starter.executor.check_room(caller.tenant_id)
    with starter.executor.starting() as starts:
        run, context = await _write(
            starter, caller, thread_id, run_id, outputs, overrides, starts, streaming=streaming
        )
        return starter.begin(run, context)


async def _write(
    starter: Starter,
    caller: Caller,
    thread_id: UUID,
    run_id: UUID | None,
    outputs: Sequence[ToolOutput],
    overrides: Overrides,
    starts: Callable[[UUID], None],
    *,
    streaming: bool,
) -> tuple[Run, RunContext]:
    async with starter.scopes(caller.tenant_id) as scope:
        thread_state = await lock_thread(scope, thread_id)
        run = await _resumed(
            scope,
            caller=caller,
            thread_id=thread_id,
            run_id=_waiting(thread_state) if run_id is None else run_id,
            outputs=outputs,
            overrides=overrides,
            streaming=streaming,
            lease_holder=starter.lease_holder,
        )
        starts(run.id)
        options = from_json(run.options)
        return run, await starter.context_of(scope, run, options, thread_state=thread_state)


def _waiting(thread_state: ThreadState) -> UUID:
    if thread_state.active_run is None:
        raise NothingPending
    run_id, status = thread_state.active_run
    if status is not RunStatus.REQUIRES_ACTION:
        raise NothingPending
    return run_id


async def _resumed(
    scope: Scope,
    *,
    caller: Caller,
    thread_id: UUID,
    run_id: UUID,
    outputs: Sequence[ToolOutput],
    overrides: Overrides,
    streaming: bool,
    lease_holder: LeaseHolder,
) -> Run:
    run = await queries.get(scope, thread_id=thread_id, run_id=run_id)
    if run is None:
        raise NotFound("Run", run_id)
    message = await queries.waiting_message(scope, thread_id=thread_id, run_id=run_id)
    if run.status != RunStatus.REQUIRES_ACTION or message is None:
        raise NotWaiting(run.status)
    calls = {call.id: call for call in calls_of(message.tool_calls)}
    _check(list(calls), outputs)
    await admit(scope, caller)
    options = overrides.applied(replace(from_json(run.options), streaming=streaming))
    taken = await scope.session.execute(
        update(Run)
        .where(
            Run.id == run.id,
            Run.tenant_id == scope.tenant_id,
            Run.status.in_(sources(RunStatus.IN_PROGRESS)),
        )
        .values(
            status=RunStatus.IN_PROGRESS,
            key_id=caller.key_id,
            options=to_json(options),
            **lease_holder.held(),
        )
        .returning(Run.id)
        .execution_options(synchronize_session=False)
    )
    if taken.first() is None:
        raise NotWaiting(RunStatus.IN_PROGRESS)
    await scope.session.refresh(run)
    message.status = MessageStatus.COMPLETED
    by_call = {output.call_id: output.output for output in outputs}
    for call in calls.values():
        answer = messages.new_message(
            scope, thread_id=thread_id, role=Role.TOOL, content=by_call[call.id]
        )
        answer.run_id = run.id
        answer.tool_call_id = call.id
        answer.tool_name = call.name
        answer.created_at = clock.now()
        await messages.append(scope, answer)
    return run


def _check(expected: Sequence[str], outputs: Sequence[ToolOutput]) -> None:
    given = [output.call_id for output in outputs]
    if sorted(given) != sorted(expected):
        raise WrongOutputs(expected, given)
