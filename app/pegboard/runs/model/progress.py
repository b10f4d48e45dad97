"""How far a run has come, by the events of its present execution. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from pegboard.runs.model.events import (
    AnswerStarted,
    ItemFinished,
    RoundFinished,
    RunEvent,
    RunStarted,
)
from pegboard.runs.model.items import ServerToolCallItem
from pegboard.runs.model.snapshots import Finding, RunSnapshot


def answer_begun(events: Sequence[RunEvent]) -> AnswerStarted | None:
    """The beginning of the answer, where there is one."""
    return next((event for event in events if isinstance(event, AnswerStarted)), None)


def as_last_known(run: RunSnapshot, events: Sequence[RunEvent]) -> RunSnapshot:
    """The run with all that its model calls have used and its tools have found.

    The round that was going on counts where the model was heard in it. `run` is how the execution
    began.
    """
    since: list[RunEvent] = []
    for event in reversed(events):
        if isinstance(event, RunStarted | RoundFinished):
            run = event.run
            break
        since.append(event)
    else:
        return run
    findings = tuple(
        Finding.of(event.item.call, event.item.output)
        for event in reversed(since)
        if isinstance(event, ItemFinished)
        and isinstance(event.item, ServerToolCallItem)
        and event.item.output is not None
    )
    has_output = any(event.traits.is_output for event in since)
    return replace(run, rounds=run.rounds + has_output, findings=(*run.findings, *findings))
