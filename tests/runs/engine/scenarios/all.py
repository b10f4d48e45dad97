"""Every scenario, in the order of the files."""

from types import ModuleType
from typing import Final

from tests.runs.engine.scenario import Scenario
from tests.runs.engine.scenarios import (
    answers,
    budgets,
    calls,
    corrections,
    endings,
    failures,
    items,
    server_tools,
)


def _of(module: ModuleType) -> list[Scenario]:
    return [one for one in vars(module).values() if isinstance(one, Scenario)]


SCENARIOS: Final = [
    scenario
    for module in (answers, calls, corrections, server_tools, budgets, failures, endings, items)
    for scenario in _of(module)
]
