"""The statuses of a run and the legal moves between them. Pure.

Who changes a run asks here whether it may: rows by `Run.become`, statements by `sources`.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Final

from pegboard.errors import AppError, ErrorKind


class RunStatus(StrEnum):
    """What a run's row says. It is in progress from the moment in which it is there."""

    IN_PROGRESS = "in_progress"
    REQUIRES_ACTION = "requires_action"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    FAILED = "failed"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    EXPIRED = "expired"


INITIAL: Final = RunStatus.IN_PROGRESS

ACTIVE: Final = (
    RunStatus.IN_PROGRESS,
    RunStatus.REQUIRES_ACTION,
    RunStatus.CANCELLING,
)
"""A thread has at most one run in one of these."""

_ENDINGS = frozenset(RunStatus) - frozenset(ACTIVE)

MOVES: Final[dict[RunStatus, frozenset[RunStatus]]] = {
    RunStatus.IN_PROGRESS: frozenset({RunStatus.REQUIRES_ACTION, RunStatus.CANCELLING, *_ENDINGS}),
    RunStatus.REQUIRES_ACTION: frozenset(
        {
            RunStatus.IN_PROGRESS,
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

    kind = ErrorKind.CONFLICT
    code = "run_not_in_expected_status"


def sources(wanted: RunStatus, *, among: Collection[RunStatus] = ACTIVE) -> tuple[RunStatus, ...]:
    """Those of these statuses from which a run may become `wanted`."""
    return tuple(present for present in among if wanted in MOVES[present])


def check_move(present: RunStatus, wanted: RunStatus) -> None:
    """Raises IllegalRunMove."""
    if wanted not in MOVES[present]:
        raise IllegalRunMove(f"A run that is {present} cannot become {wanted}")
