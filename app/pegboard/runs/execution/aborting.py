"""How a run ends that does not come to rest by itself. Pure, but for the time and an id."""

from collections.abc import Sequence
from dataclasses import replace

from pegboard import clock
from pegboard.identifiers import new_id
from pegboard.messages.tables import MessageStatus
from pegboard.runs.model.events import (
    Facts,
    MessageFinished,
    MessageStarted,
    ReasoningDelta,
    RoundFinished,
    RunCancelled,
    RunEvent,
    RunFailed,
    RunStarted,
    TextDelta,
)
from pegboard.runs.model.snapshots import Failure, MessageSnapshot, RunSnapshot
from pegboard.runs.statuses import RunStatus


def aborted(run: RunSnapshot, told: Sequence[RunEvent], failure: Failure | None) -> Facts:
    """The end of a run that broke off after `told`; the text that was told is kept."""
    begun = run.usage
    run = next((e.run for e in reversed(told) if isinstance(e, RunStarted | RoundFinished)), run)
    moment = clock.now()
    unheard = MessageStarted(new_id(), moment)
    begun_message = next((e for e in told if isinstance(e, MessageStarted)), unheard)
    text = "".join(e.text for e in told if isinstance(e, TextDelta))
    reasoning = "".join(e.text for e in told if isinstance(e, ReasoningDelta))
    cancelled = failure is None
    run = replace(
        run,
        status=RunStatus.CANCELLED if cancelled else RunStatus.FAILED,
        failure=failure,
        memory_operation_id=None,
    )
    message = MessageSnapshot(
        id=begun_message.message_id,
        run_id=run.id,
        thread_id=run.thread_id,
        status=MessageStatus.CANCELLED if cancelled else MessageStatus.FAILED,
        content=text or None,
        reasoning=reasoning or None,
        tool_calls=(),
        model=run.model,
        usage=run.usage - begun,
        created_at=begun_message.created_at,
        ended_at=moment,
        failure=failure,
    )
    return (MessageFinished(message), RunCancelled(run) if cancelled else RunFailed(run))
