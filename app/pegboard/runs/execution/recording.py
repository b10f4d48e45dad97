"""Write the durable part of events. What the engine yields together is stored together."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from pegboard import clock
from pegboard.db.signals import NOTIFY, payload
from pegboard.llm.gateway import Usage
from pegboard.llm.tokens import count_tokens
from pegboard.memories.learning import ExtractionRequest, open_operation
from pegboard.messages import operations as messages
from pegboard.messages.parts import to_json as parts_to_json
from pegboard.messages.tables import Role
from pegboard.runs.leases import IN_EXECUTION, Lease
from pegboard.runs.model.citations import annotations_of
from pegboard.runs.model.citations import to_json as annotation_to_json
from pegboard.runs.model.events import AnswerFinished, Facts, RunSettled
from pegboard.runs.model.items import is_more_than_plain, parts_of
from pegboard.runs.model.items import to_json as items_to_json
from pegboard.runs.model.snapshots import (
    AnswerSnapshot,
    Finding,
    Recalled,
    Retrieved,
    RunSnapshot,
)
from pegboard.runs.statuses import RunStatus, sources
from pegboard.runs.stream.event_log import LOGGED, LogEntry, RunLost
from pegboard.tenants.scope import Scope
from pegboard.usage import recording as usage
from pegboard.usage.tables import Purpose

_SETTLE: Final = text(f"""
    WITH thread AS (
        UPDATE threads SET updated_at = CAST(:moment AS timestamptz)
        WHERE id = :thread_id AND tenant_id = :tenant_id
        RETURNING id
    ), ended AS (
        UPDATE runs
        SET status = :status, rounds = :rounds, input_tokens = :input_tokens,
            output_tokens = :output_tokens, cached_input_tokens = :cached_input_tokens,
            cache_write_input_tokens = :cache_write_input_tokens, cost_usd = :cost_usd,
            reasoning_tokens = :reasoning_tokens,
            context_usage = CAST(:context_usage AS json), retrieved = CAST(:retrieved AS json),
            recalled = CAST(:recalled AS json), web_findings = CAST(:findings AS json),
            memory_operation_id = :memory_operation_id,
            error_code = :error_code, error_message = :error_message,
            incomplete_reason = :incomplete, events = :after,
            ended_at = CASE WHEN :over THEN CAST(:moment AS timestamptz) END,
            lease_owner = NULL, lease_until = NULL
        FROM thread
        WHERE runs.thread_id = thread.id AND runs.id = :run_id AND runs.tenant_id = :tenant_id
          AND runs.lease_owner = :owner_id AND runs.attempts = :attempts
          AND runs.status = ANY(:in_execution)
        RETURNING runs.id
    ), logged AS (
        INSERT INTO run_events (run_id, first, tenant_id, events)
        SELECT id, :first, :tenant_id, CAST(:events AS json) FROM ended
    ), used AS ({usage.INSERT} AND EXISTS (SELECT 1 FROM ended) {usage.ONCE})
    SELECT id, CASE WHEN :followed THEN {NOTIFY} END FROM ended
""")  # noqa: S608  the interpolated text is a constant


@dataclass(frozen=True, slots=True)
class Spent:
    """What an execution has used, under an id of its own: `since` the run's usage when it began."""

    id: UUID
    since: Usage


async def record(
    scope: Scope,
    facts: Facts,
    *,
    entry: LogEntry,
    lease: Lease,
    spent: Spent,
    assistant_id: UUID | None = None,
    extraction: ExtractionRequest | None = None,
) -> None:
    """Store facts of a run that is executed under `lease`. Raises RunLost, and nothing is stored.

    `entry` is what its log is to hold of them. With a completed run its `extraction` is opened: it
    is learnt from exactly if it is completed.
    """
    # What ends together ended at one moment, which is also what followers are given.
    answers = [event.message for event in facts if isinstance(event, AnswerFinished)]
    moment = answers[0].ended_at if answers else clock.now()
    for end in _ends(facts):
        await _update_run(scope, end.run, moment=moment, entry=entry, lease=lease, spent=spent)
    for answer in answers:
        retrieved = next((end.run.retrieved for end in _ends(facts)), ())
        await append_answer(scope, answer, assistant_id=assistant_id, retrieved=retrieved)
    if extraction is not None and any(end.is_answered for end in _ends(facts)):
        await open_operation(scope, extraction)


def _ends(facts: Facts) -> list[RunSettled]:
    return [event for event in facts if isinstance(event, RunSettled)]


async def _update_run(
    scope: Scope, run: RunSnapshot, *, moment: datetime, entry: LogEntry, lease: Lease, spent: Spent
) -> None:
    try:
        updated = await scope.session.execute(
            _SETTLE,
            _parameters(scope, run, moment=moment, entry=entry, lease=lease, spent=spent),
        )
    except IntegrityError as error:  # the number that was to be logged is taken
        raise RunLost from error
    if updated.first() is None:
        raise RunLost


def _parameters(
    scope: Scope, run: RunSnapshot, *, moment: datetime, entry: LogEntry, lease: Lease, spent: Spent
) -> dict[str, Any]:
    total = run.usage
    context = run.context_usage
    completed = run.status in {RunStatus.COMPLETED, RunStatus.INCOMPLETE}
    return {
        **usage.parameters(
            scope.tenant_id,
            usage_id=spent.id,
            purpose=Purpose.RUN,
            subject_id=run.id,
            key_id=run.key_id,
            model=run.model,
            used=run.usage - spent.since,
        ),
        "run_id": run.id,
        "thread_id": run.thread_id,
        "owner_id": lease.owner_id,
        "attempts": lease.attempts,
        "in_execution": list(sources(run.status, among=IN_EXECUTION)),
        "first": entry.first,
        "after": entry.after,
        "events": json.dumps(entry.to_json(), separators=(",", ":")),
        "followed": entry.has_remote_followers,
        "signal": payload(LOGGED, run.id),
        "status": run.status,
        "rounds": run.rounds,
        "input_tokens": total.input_tokens,
        "output_tokens": total.output_tokens,
        "cached_input_tokens": total.cached_input_tokens,
        "cache_write_input_tokens": total.cache_write_input_tokens,
        "cost_usd": total.cost_usd,
        "reasoning_tokens": total.reasoning_tokens,
        "context_usage": json.dumps(context.to_json()) if context else None,
        "retrieved": _json(run.retrieved or None),
        "recalled": _json(run.recalled),
        "findings": _json(run.findings or None),
        "memory_operation_id": run.memory_operation_id if completed else None,
        "error_code": run.failure and run.failure.code,
        "error_message": run.failure and run.failure.message,
        "incomplete": run.incomplete,
        "moment": moment,
        "over": run.status is not RunStatus.REQUIRES_ACTION,
    }


async def record_usage(scope: Scope, facts: Facts, spent: Spent) -> None:
    """Keep what a run has used that cannot be recorded any more."""
    for end in _ends(facts):
        await usage.record(
            scope,
            usage_id=spent.id,
            purpose=Purpose.RUN,
            subject_id=end.run.id,
            key_id=end.run.key_id,
            model=end.run.model,
            used=end.run.usage - spent.since,
        )


def _json(values: Sequence[Retrieved | Recalled | Finding] | None) -> str | None:
    return None if values is None else json.dumps([one.to_json() for one in values])


async def append_answer(
    scope: Scope,
    message: AnswerSnapshot,
    *,
    assistant_id: UUID | None,
    retrieved: Sequence[Retrieved] = (),
) -> None:
    """Store the message of an assistant, which may be gone by now, with what it cites."""
    row = messages.new_message(
        scope, thread_id=message.thread_id, role=Role.ASSISTANT, content=message.content
    )
    row.id = message.id
    row.created_at = message.created_at
    row.run_id = message.run_id
    row.assistant_id = assistant_id
    row.ended_at = message.ended_at
    cited = annotations_of(message.content or "", retrieved)
    row.annotations = [*map(annotation_to_json, cited)] or None
    row.items = items_to_json(message.items) if is_more_than_plain(message.items) else None
    parts = parts_of(message.items)
    row.parts = None if parts is None else parts_to_json(parts)
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
    row.reasoning_tokens = message.usage.reasoning_tokens
    await messages.append(scope, row)
