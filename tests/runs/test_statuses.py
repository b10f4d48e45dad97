"""The statuses of a run and the moves between them."""

import pytest

from pegboard.runs.statuses import ACTIVE, MOVES, IllegalRunMove, RunStatus, check_move


@pytest.mark.requirement("runs.statuses")
def test_every_status_has_its_moves_and_no_ending_has_one() -> None:
    assert MOVES.keys() == set(RunStatus)
    assert {status for status, moves in MOVES.items() if moves} == set(ACTIVE)


def test_a_paused_run_goes_on_or_ends_but_is_not_completed_out_of_hand() -> None:
    check_move(RunStatus.REQUIRES_ACTION, RunStatus.IN_PROGRESS)
    check_move(RunStatus.REQUIRES_ACTION, RunStatus.CANCELLED)
    with pytest.raises(IllegalRunMove, match="requires_action cannot become completed"):
        check_move(RunStatus.REQUIRES_ACTION, RunStatus.COMPLETED)
    with pytest.raises(IllegalRunMove):
        check_move(RunStatus.COMPLETED, RunStatus.IN_PROGRESS)
