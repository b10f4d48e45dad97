"""What happens to a run, as frozen facts in our own words.

The engine yields them, recording stores the durable ones, every API encodes them in its language.
A new fact belongs into `RunEvent`; mypy then names each place that has to learn it. Its `traits`
are what the rest of the program asks of events, whatever they are.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, TypeAlias
from uuid import UUID

from pegboard.llm.gateway import ToolCall
from pegboard.runs.model.items import FunctionCallItem, Item
from pegboard.runs.model.snapshots import AnswerSnapshot, Recalled, RunSnapshot
from pegboard.runs.statuses import RunStatus


@dataclass(frozen=True, slots=True)
class Traits:
    """What an event is to those who do not care which it is.

    - `is_prelude`: it says nothing of how the model took the question; a failure that comes before
      anything else can still be a refusal.
    - `is_output`: the model has said something. Once somebody may have read it, the model cannot be
      asked anew.
    - `settles`: nothing follows, unless the run is taken up again.
    - `is_durable`: it is stored with more than the log, together with the facts beside it.
    """

    is_prelude: bool = False
    is_output: bool = False
    settles: bool = False
    is_durable: bool = False


PRELUDE: Final = Traits(is_prelude=True)
OUTPUT: Final = Traits(is_output=True)
SIGN: Final = Traits()
"""The model has been at work, and nobody has read anything by it."""


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run is in progress, for the first time or (`run.rounds` > 0) after a pause.

    `message_id` is the answer that is going to be written.
    """

    run: RunSnapshot
    message_id: UUID
    traits: ClassVar[Traits] = PRELUDE


@dataclass(frozen=True, slots=True)
class MemoriesRecalled:
    """What memory had for the message; told only where memory was searched."""

    memories: tuple[Recalled, ...]
    traits: ClassVar[Traits] = PRELUDE


@dataclass(frozen=True, slots=True)
class AnswerStarted:
    """The answer that the items from here on belong to, until the run settles."""

    message_id: UUID
    created_at: datetime
    traits: ClassVar[Traits] = PRELUDE


@dataclass(frozen=True, slots=True)
class ItemStarted:
    """`index` is the item's place in the answer, from 0; of several only one is written at a time,
    but calls of this server's tools go on side by side."""

    index: int
    item: Item
    traits: ClassVar[Traits] = PRELUDE


@dataclass(frozen=True, slots=True)
class TextDelta:
    index: int
    text: str
    traits: ClassVar[Traits] = OUTPUT


@dataclass(frozen=True, slots=True)
class RefusalDelta:
    index: int
    text: str
    traits: ClassVar[Traits] = OUTPUT


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    index: int
    text: str
    traits: ClassVar[Traits] = OUTPUT


@dataclass(frozen=True, slots=True)
class ItemFinished:
    """The item as it stays: completed, or what there was of it when the run broke off."""

    index: int
    item: Item

    @property
    def traits(self) -> Traits:
        """A call is told whole at its end, other items piece by piece before."""
        return OUTPUT if isinstance(self.item, FunctionCallItem) else SIGN


@dataclass(frozen=True, slots=True)
class RoundFinished:
    """The model has answered with calls, and what that used is known; the run goes on."""

    run: RunSnapshot
    traits: ClassVar[Traits] = SIGN


@dataclass(frozen=True, slots=True)
class AnswerFinished:
    """The answer as it stays: whole, or what there was when the run broke off."""

    message: AnswerSnapshot
    traits: ClassVar[Traits] = Traits(is_prelude=True, is_durable=True)


@dataclass(frozen=True, slots=True)
class RunSettled:
    """The run has come to an end, or waits for the outputs of `calls`: `run.status` says which."""

    run: RunSnapshot
    calls: tuple[ToolCall, ...] = ()
    traits: ClassVar[Traits] = Traits(settles=True, is_durable=True)

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
    traits: ClassVar[Traits] = PRELUDE


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
