"""What a request gets that has set a run going, or that looks at one which waits for it."""

from dataclasses import dataclass

from pegboard.runs.model.snapshots import AnswerSnapshot, RunSnapshot
from pegboard.runs.records import RunRecord
from pegboard.runs.requests.new_messages import StoredMessage
from pegboard.runs.stream.feed import Feed


@dataclass(frozen=True, slots=True)
class Turn:
    """A run on its way. `message` is the user's, None where no message set it going.

    `first` is the number of the first event of its `feed`.
    """

    run: RunSnapshot
    record: RunRecord
    feed: Feed
    first: int = 0
    message: StoredMessage | None = None


@dataclass(frozen=True, slots=True)
class PendingAction:
    """A run that waits for the outputs of its calls, as its thread shows it."""

    run: RunSnapshot
    message: AnswerSnapshot
