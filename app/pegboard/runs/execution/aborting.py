"""How a run ends that does not settle by itself. Pure, but for the time and an id."""

from collections.abc import Sequence
from dataclasses import replace

from pegboard import clock
from pegboard.identifiers import new_id
from pegboard.messages.tables import MessageStatus
from pegboard.runs.engine.server_calls import finding_of
from pegboard.runs.model.events import (
    AnswerFinished,
    AnswerStarted,
    Facts,
    ItemFinished,
    RoundFinished,
    RunEvent,
    RunSettled,
    RunStarted,
)
from pegboard.runs.model.folding import ItemFold
from pegboard.runs.model.items import ItemStatus, ServerToolCallItem, with_status
from pegboard.runs.model.snapshots import AnswerSnapshot, Failure, Finding, RunSnapshot
from pegboard.runs.statuses import RunStatus


def aborted(run: RunSnapshot, events: Sequence[RunEvent], failure: Failure | None) -> Facts:
    """The end of a run that broke off after `events`: failed, or cancelled where nothing failed.

    What the model has written stays.
    """
    moment = clock.now()
    fold = ItemFold.of(events)
    unfinished = [
        ItemFinished(index, with_status(item, ItemStatus.INCOMPLETE))
        for index, item in fold.unfinished()
    ]
    for event in unfinished:
        fold.add(event)
    begun = next((event for event in events if isinstance(event, AnswerStarted)), None)
    status = RunStatus.CANCELLED if failure is None else RunStatus.FAILED
    ended = replace(
        _as_last_known(run, events), status=status, failure=failure, memory_operation_id=None
    )
    answer = AnswerSnapshot(
        id=new_id() if begun is None else begun.message_id,
        run_id=run.id,
        thread_id=run.thread_id,
        status=MessageStatus.CANCELLED if failure is None else MessageStatus.FAILED,
        items=fold.items(),
        model=run.model,
        usage=ended.usage - run.usage,
        created_at=moment if begun is None else begun.created_at,
        ended_at=moment,
        failure=failure,
    )
    return (*unfinished, AnswerFinished(answer), RunSettled(ended))


def _as_last_known(run: RunSnapshot, events: Sequence[RunEvent]) -> RunSnapshot:
    """The run with the round that was going on, where the model answered in it, and what our own
    tools have found since the last was over."""
    rounds = [at for at, one in enumerate(events) if isinstance(one, RunStarted | RoundFinished)]
    if not rounds:
        return run
    last = events[rounds[-1]]
    assert isinstance(last, RunStarted | RoundFinished)  # noqa: S101  it was looked for above
    since = events[rounds[-1] + 1 :]
    has_output = any(event.traits.is_output for event in since)
    findings: list[Finding] = [
        finding_of(event.item.call, event.item.output)
        for event in since
        if isinstance(event, ItemFinished)
        and isinstance(event.item, ServerToolCallItem)
        and event.item.output is not None
    ]
    return replace(
        last.run,
        rounds=last.run.rounds + has_output,
        findings=(*last.run.findings, *findings),
    )
