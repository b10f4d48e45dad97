"""What happens to a run, as frozen facts in our own words.

The engine yields them, recording stores the durable ones, every API tells them in its language.
A new fact belongs into `RunEvent`; mypy then names each place that has to learn it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

from pegboard.llm.gateway import ToolCall
from pegboard.runs.model.snapshots import MessageSnapshot, Recalled, RunSnapshot


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run is in progress, for the first time or (`run.rounds` > 0) after a pause.

    `message_id` is the message that is going to be written.
    """

    run: RunSnapshot
    message_id: UUID


@dataclass(frozen=True, slots=True)
class MemoriesRecalled:
    """What memory had for the message; told only where memory was searched."""

    memories: tuple[Recalled, ...]


@dataclass(frozen=True, slots=True)
class MessageStarted:
    message_id: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    message_id: UUID
    text: str


@dataclass(frozen=True, slots=True)
class ReasoningFinished:
    message_id: UUID


@dataclass(frozen=True, slots=True)
class TextDelta:
    message_id: UUID
    text: str


@dataclass(frozen=True, slots=True)
class ToolCallMade:
    """A whole, checked call."""

    message_id: UUID
    call: ToolCall


@dataclass(frozen=True, slots=True)
class RoundFinished:
    """The model has answered with calls, and what that used is known; the run goes on."""

    run: RunSnapshot


@dataclass(frozen=True, slots=True)
class MessageFinished:
    """The assistant's message as it stays: whole, or what there was when the run broke off."""

    message: MessageSnapshot


@dataclass(frozen=True, slots=True)
class RunPaused:
    """The run waits for the outputs of `calls`. Nothing follows until they are submitted."""

    run: RunSnapshot
    calls: tuple[ToolCall, ...]


@dataclass(frozen=True, slots=True)
class RunCompleted:
    run: RunSnapshot


@dataclass(frozen=True, slots=True)
class RunFailed:
    run: RunSnapshot


@dataclass(frozen=True, slots=True)
class RunCancelled:
    run: RunSnapshot


@dataclass(frozen=True, slots=True)
class RunExpired:
    """The run's time was up before it came to an end."""

    run: RunSnapshot


RunEvent: TypeAlias = (
    RunStarted
    | MemoriesRecalled
    | MessageStarted
    | ReasoningDelta
    | ReasoningFinished
    | TextDelta
    | ToolCallMade
    | RoundFinished
    | MessageFinished
    | RunPaused
    | RunCompleted
    | RunFailed
    | RunCancelled
    | RunExpired
)

RESTS: Final = (RunPaused, RunCompleted, RunFailed, RunCancelled, RunExpired)
"""After one of these nothing follows, unless the run is taken up again."""

VISIBLE: Final = (TextDelta, ReasoningDelta, ToolCallMade)
"""What the model has said: once somebody may have heard it, the model cannot be asked anew."""

Facts: TypeAlias = tuple[RunEvent, ...]
"""Events that become true together: recorded in one transaction, then told in order."""
