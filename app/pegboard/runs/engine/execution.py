"""What the engine is given: one stretch of a run, from where it stands to where it settles."""

from collections.abc import Sequence
from dataclasses import dataclass

from pegboard.llm.gateway import ModelName, Prompt
from pegboard.runs.model.events import RunEvent
from pegboard.runs.model.options import RunOptions
from pegboard.runs.model.server_tools import NoTools, ServerTools
from pegboard.runs.model.snapshots import RunSnapshot


@dataclass(frozen=True, slots=True)
class Execution:
    """All that is needed to execute a run until it settles.

    `logged` is what an earlier process has published of the same stretch; the model is asked anew.
    """

    run: RunSnapshot
    requested: ModelName
    options: RunOptions
    prompt: Prompt
    server_tools: ServerTools = NoTools()  # noqa: RUF009  it holds nothing
    logged: Sequence[RunEvent] = ()
