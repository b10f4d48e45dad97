"""How a run ends that does not settle by itself. Pure, but for the time and an id."""

from collections.abc import Sequence
from dataclasses import replace

from pegboard import clock
from pegboard.identifiers import new_id
from pegboard.messages.tables import MessageStatus
from pegboard.runs.model.events import AnswerFinished, Facts, RunEvent, RunSettled
from pegboard.runs.model.folding import ItemFold
from pegboard.runs.model.progress import answer_begun, as_last_known
from pegboard.runs.model.snapshots import AnswerSnapshot, Failure, RunSnapshot
from pegboard.runs.statuses import RunStatus


def aborted(run: RunSnapshot, events: Sequence[RunEvent], failure: Failure | None) -> Facts:
    """The end of a run that broke off after `events`: failed, or cancelled where nothing failed.

    What the model has written stays.
    """
    moment = clock.now()
    fold = ItemFold.of(events)
    unfinished = fold.break_off()
    begun = answer_begun(events)
    status = RunStatus.CANCELLED if failure is None else RunStatus.FAILED
    ended = replace(
        as_last_known(run, events), status=status, failure=failure, memory_operation_id=None
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
