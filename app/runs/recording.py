"""Write the durable part of events. What the engine yields together is stored together."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, update

from app import clock
from app.errors import AppError, Kind
from app.llm.tokens import count_tokens
from app.messages import operations as messages
from app.messages.tables import Role
from app.runs.events import (
    Facts,
    MessageFinished,
    RunCancelled,
    RunCompleted,
    RunEvent,
    RunFailed,
    RunPaused,
)
from app.runs.lease import RELEASED
from app.runs.snapshots import MessageSnapshot, RunSnapshot
from app.runs.statuses import RunStatus
from app.runs.tables import Run
from app.tenants.scope import Scope
from app.threads.tables import Thread

_DURABLE: Final = (MessageFinished, RunPaused, RunCompleted, RunFailed, RunCancelled)


class RunLost(AppError):
    """The run is no longer ours: ended elsewhere, or gone with its thread."""

    kind = Kind.CONFLICT
    code = "run_lost"


def is_durable(facts: Facts) -> bool:
    return any(isinstance(event, _DURABLE) for event in facts)


async def record(scope: Scope, facts: Facts, *, lessee_id: UUID) -> None:
    """Store facts of a run that `lessee_id` plays. Raises RunLost, and nothing is stored."""
    for event in facts:
        run = _run_after(event)
        if run is not None:
            await _update_run(scope, run, Run.lease_owner == lessee_id)
    for event in facts:
        if isinstance(event, MessageFinished):
            await append_answer(scope, event.message)


def _run_after(event: RunEvent) -> RunSnapshot | None:
    match event:
        case (
            RunPaused(run=run) | RunCompleted(run=run) | RunFailed(run=run) | RunCancelled(run=run)
        ):
            return run
        case _:
            return None


async def _update_run(scope: Scope, run: RunSnapshot, still_ours: ColumnElement[bool]) -> None:
    moment = clock.now()
    resting = run.status is RunStatus.REQUIRES_ACTION
    usage = run.usage
    context = run.context_usage
    changed: dict[str, Any] = {
        "status": run.status,
        "rounds": run.rounds,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cached_input_tokens": usage.cached_input_tokens,
        "cache_write_input_tokens": usage.cache_write_input_tokens,
        "cost_usd": usage.cost_usd,
        "context_usage": context and context.to_json(),
        "error_code": run.failure and run.failure.code,
        "error_message": run.failure and run.failure.message,
        "ended_at": None if resting else moment,
        **RELEASED,
    }
    updated = await scope.session.execute(
        update(Run)
        .where(
            Run.id == run.id,
            Run.tenant_id == scope.tenant_id,
            Run.status.in_((RunStatus.IN_PROGRESS, RunStatus.CANCELLING)),
            still_ours,
        )
        .values(changed)
        .returning(Run.id)
        .execution_options(synchronize_session=False)
    )
    if updated.first() is None:
        raise RunLost("The run was ended elsewhere")
    await scope.session.execute(
        update(Thread)
        .where(Thread.id == run.thread_id, Thread.tenant_id == scope.tenant_id)
        .values(updated_at=moment)
        .execution_options(synchronize_session=False)
    )


async def append_answer(scope: Scope, message: MessageSnapshot) -> None:
    """Store an assistant's message."""
    row = messages.new_message(
        scope, thread_id=message.thread_id, role=Role.ASSISTANT, content=message.content
    )
    row.id = message.id
    row.created_at = message.created_at
    row.run_id = message.run_id
    row.status = message.status
    row.reasoning = message.reasoning
    if message.tool_calls:
        row.tool_calls = [
            {"id": call.id, "name": call.name, "arguments": call.arguments}
            for call in message.tool_calls
        ]
        row.tokens += sum(count_tokens(call.name + call.arguments) for call in message.tool_calls)
    if message.failure is not None:
        row.error_code = message.failure.code
        row.error_message = message.failure.message
    row.model_provider = message.model.provider
    row.model_name = message.model.name
    row.input_tokens = message.usage.input_tokens
    row.output_tokens = message.usage.output_tokens
    await messages.append(scope, row)
