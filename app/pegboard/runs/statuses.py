"""The statuses of a run and the legal moves between them. Pure."""

from enum import StrEnum
from typing import Final

from pegboard.errors import AppError, Kind


class RunStatus(StrEnum):
    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    REQUIRES_ACTION = "requires_action"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    FAILED = "failed"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    EXPIRED = "expired"


ACTIVE: Final = (
    RunStatus.QUEUED,
    RunStatus.IN_PROGRESS,
    RunStatus.REQUIRES_ACTION,
    RunStatus.CANCELLING,
)
"""A thread has at most one run in one of these."""

_ENDINGS = frozenset(RunStatus) - frozenset(ACTIVE)

MOVES: Final[dict[RunStatus, frozenset[RunStatus]]] = {
    RunStatus.QUEUED: frozenset(
        {
            RunStatus.IN_PROGRESS,
            RunStatus.CANCELLING,
            RunStatus.CANCELLED,
            RunStatus.EXPIRED,
            RunStatus.FAILED,
        }
    ),
    RunStatus.IN_PROGRESS: frozenset({RunStatus.REQUIRES_ACTION, RunStatus.CANCELLING, *_ENDINGS}),
    RunStatus.REQUIRES_ACTION: frozenset(
        {
            RunStatus.QUEUED,
            RunStatus.IN_PROGRESS,
            RunStatus.CANCELLING,
            RunStatus.CANCELLED,
            RunStatus.EXPIRED,
        }
    ),
    RunStatus.CANCELLING: frozenset(
        {
            RunStatus.CANCELLED,
            RunStatus.COMPLETED,
            RunStatus.INCOMPLETE,
            RunStatus.FAILED,
            RunStatus.EXPIRED,
        }
    ),
    **{ending: frozenset() for ending in _ENDINGS},
}


class IllegalRunMove(AppError):
    """The run is not in a status that allows this."""

    kind = Kind.CONFLICT
    code = "run_not_in_expected_status"


def check_move(present: RunStatus, wanted: RunStatus) -> None:
    if wanted not in MOVES[present]:
        raise IllegalRunMove(f"A run that is {present} cannot become {wanted}")
