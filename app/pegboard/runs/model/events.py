"""What happens to a run, as frozen facts in our own words.

The engine yields them, recording stores the durable ones, every API encodes them in its language.
A new fact belongs into `RunEvent`; mypy then names each place that has to learn it. Each says of
itself what the rest of the program asks of events:

- `is_output`: the model has said something. Once somebody may have heard it, the model cannot be
  asked anew.
- `is_prelude`: it says nothing of how the model took the question; what fails before anything else
  can still be refused.
- `settles`: nothing follows, unless the run is taken up again.
- `is_durable`: it is stored with more than the log, together with the facts beside it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, TypeAlias
from uuid import UUID

from pegboard.llm.gateway import ToolCall
from pegboard.runs.model.items import FunctionCallItem, Item
from pegboard.runs.model.snapshots import AnswerSnapshot, Recalled, RunSnapshot
from pegboard.runs.statuses import RunStatus


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run is in progress, for the first time or (`run.rounds` > 0) after a pause.

    `message_id` is the answer that is going to be written.
    """

    run: RunSnapshot
    message_id: UUID
    is_output: ClassVar[bool] = False
    is_prelude: ClassVar[bool] = True
    settles: ClassVar[bool] = False
    is_durable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class MemoriesRecalled:
    """What memory had for the message; told only where memory was searched."""

    memories: tuple[Recalled, ...]
    is_output: ClassVar[bool] = False
    is_prelude: ClassVar[bool] = True
    settles: ClassVar[bool] = False
    is_durable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class AnswerStarted:
    """The answer that the items from here on belong to, until the run settles."""

    message_id: UUID
    created_at: datetime
    is_output: ClassVar[bool] = False
    is_prelude: ClassVar[bool] = True
    settles: ClassVar[bool] = False
    is_durable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class ItemStarted:
    """`index` is the item's place in the answer, from 0; of several only one is written at a time,
    but calls of this server's tools go on side by side."""

    index: int
    item: Item
    is_output: ClassVar[bool] = False
    is_prelude: ClassVar[bool] = True
    settles: ClassVar[bool] = False
    is_durable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class TextDelta:
    index: int
    text: str
    is_output: ClassVar[bool] = True
    is_prelude: ClassVar[bool] = False
    settles: ClassVar[bool] = False
    is_durable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class RefusalDelta:
    index: int
    text: str
    is_output: ClassVar[bool] = True
    is_prelude: ClassVar[bool] = False
    settles: ClassVar[bool] = False
    is_durable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    index: int
    text: str
    is_output: ClassVar[bool] = True
    is_prelude: ClassVar[bool] = False
    settles: ClassVar[bool] = False
    is_durable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class ItemFinished:
    """The item as it stays: completed, or what there was of it when the run broke off."""

    index: int
    item: Item
    is_prelude: ClassVar[bool] = False
    settles: ClassVar[bool] = False
    is_durable: ClassVar[bool] = False

    @property
    def is_output(self) -> bool:
        """What is more than its deltas have told."""
        return isinstance(self.item, FunctionCallItem)


@dataclass(frozen=True, slots=True)
class RoundFinished:
    """The model has answered with calls, and what that used is known; the run goes on."""

    run: RunSnapshot
    is_output: ClassVar[bool] = False
    is_prelude: ClassVar[bool] = False
    settles: ClassVar[bool] = False
    is_durable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class AnswerFinished:
    """The answer as it stays: whole, or what there was when the run broke off."""

    message: AnswerSnapshot
    is_output: ClassVar[bool] = False
    is_prelude: ClassVar[bool] = True
    settles: ClassVar[bool] = False
    is_durable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class RunSettled:
    """The run has come to an end, or waits for the outputs of `calls`: `run.status` says which."""

    run: RunSnapshot
    calls: tuple[ToolCall, ...] = ()
    is_output: ClassVar[bool] = False
    is_prelude: ClassVar[bool] = False
    settles: ClassVar[bool] = True
    is_durable: ClassVar[bool] = True

    @property
    def is_final(self) -> bool:
        return self.run.status is not RunStatus.REQUIRES_ACTION

    @property
    def is_answered(self) -> bool:
        """Whether the model has said all that it was going to, or was allowed to."""
        return self.run.status in {RunStatus.COMPLETED, RunStatus.INCOMPLETE}


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """Something that a later version of this program has logged; it keeps its number."""

    kind: str
    is_output: ClassVar[bool] = False
    is_prelude: ClassVar[bool] = True
    settles: ClassVar[bool] = False
    is_durable: ClassVar[bool] = False


RunEvent: TypeAlias = (
    RunStarted
    | MemoriesRecalled
    | AnswerStarted
    | ItemStarted
    | TextDelta
    | RefusalDelta
    | ReasoningDelta
    | ItemFinished
    | RoundFinished
    | AnswerFinished
    | RunSettled
    | UnknownEvent
)

Facts: TypeAlias = tuple[RunEvent, ...]
"""Events that become true together: recorded in one transaction, then told in order."""
