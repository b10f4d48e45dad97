"""The statuses of a run and the moves between them."""

import ast
from pathlib import Path

import pytest

import pegboard.runs
from pegboard.runs.statuses import ACTIVE, MOVES, IllegalRunMove, RunStatus, check_move, sources
from pegboard.runs.tables import Run

_ROOM = Path(pegboard.runs.__path__[0])


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


def test_a_row_becomes_what_it_may_and_nothing_else() -> None:
    run = Run(status=RunStatus.CANCELLING)
    run.become(RunStatus.EXPIRED)
    assert run.status == RunStatus.EXPIRED
    with pytest.raises(IllegalRunMove, match="expired cannot become failed"):
        run.become(RunStatus.FAILED)
    assert run.status == RunStatus.EXPIRED


def test_a_statement_names_the_statuses_that_it_may_change() -> None:
    assert sources(RunStatus.IN_PROGRESS) == (RunStatus.REQUIRES_ACTION,)
    assert sources(RunStatus.CANCELLING) == (RunStatus.IN_PROGRESS,)
    assert sources(RunStatus.EXPIRED) == ACTIVE
    in_execution = (RunStatus.IN_PROGRESS, RunStatus.CANCELLING)
    assert sources(RunStatus.REQUIRES_ACTION, among=in_execution) == (RunStatus.IN_PROGRESS,)


def test_no_writer_passes_the_table_of_moves() -> None:
    """A status is assigned in `Run.become` alone, and set by statements that ask `sources`."""
    assigned = [
        path.relative_to(_ROOM).as_posix()
        for path in sorted(_ROOM.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Assign) and _is_a_run_status(node)
    ]
    assert assigned == []
    unasked = [
        path.relative_to(_ROOM).as_posix()
        for path in sorted(_ROOM.rglob("*.py"))
        if "update(Run)" in (text := path.read_text())
        and "status=RunStatus." in text
        and "sources(" not in text
    ]
    assert unasked == []


def _is_a_run_status(node: ast.Assign) -> bool:
    value = ast.unparse(node.value)
    return value.startswith("RunStatus.") and any(
        isinstance(target, ast.Attribute) and target.attr == "status" for target in node.targets
    )
