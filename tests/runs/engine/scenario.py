"""What a scenario of the engine is: a script, and all that has to follow from it, as plain values.

Knows no class of the application, so that scenarios outlive its names. What the words of a script
mean is said in `scripted_gateway.py`, those of `events` and `requests` in `rendering.py`.
"""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

Piece: TypeAlias = tuple[Any, ...]
Round: TypeAlias = tuple[Piece, ...]
Value: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True)
class Ending:
    """How a run is ended from outside, once `followed` events of its last execution have come."""

    followed: int
    word: str


@dataclass(frozen=True)
class Scenario:
    """`executions` are what the model says: in each of them, in each round of it, piece by piece.

    Between two executions the client submits `outputs`, by the ids of the calls. `tools` names
    those of the client, `server_tools` what our own return. `options` are the caller's, `budgets`
    those that count over the run, `given` what the run knows before the model is asked. `requests`
    are those that the model gets.
    """

    name: str
    executions: tuple[tuple[Round, ...], ...]
    events: tuple[Value, ...]
    requests: tuple[dict[str, Any], ...]
    tools: tuple[str, ...] = ()
    server_tools: dict[str, str] = field(default_factory=dict)
    outputs: tuple[dict[str, str], ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    budgets: dict[str, int] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    ending: Ending | None = None
