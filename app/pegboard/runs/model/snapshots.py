"""Frozen pictures of a run and its messages, as events carry them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

from pegboard.errors import AppError, ErrorKind
from pegboard.llm.gateway import ModelName, ToolCall, Usage
from pegboard.messages.tables import MessageStatus
from pegboard.runs.model.items import Item, calls_of, reasoning_of, text_of
from pegboard.runs.statuses import RunStatus
from pegboard.strict_json import storable

RUN_EXPIRED: Final = "run_expired"
"""The code of a message that was being written when its run's time was up."""

CONTENT_FILTER: Final = "content_filter"
"""The code of a message that its provider's filter cut short, and why its run is incomplete."""

_LONGEST_SOURCE: Final = 200
_WHOLE: Final = frozenset({MessageStatus.COMPLETED, MessageStatus.INCOMPLETE})


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run broke off, in words the caller may read."""

    kind: ErrorKind
    code: str
    message: str
    retry_after: float | None = None

    @classmethod
    def of(cls, error: AppError) -> Self:
        return cls(
            error.kind, error.code, storable(error.message), getattr(error, "retry_after", None)
        )


@dataclass(frozen=True, slots=True)
class ContextUsage:
    """How full the model's window was, in tokens; `trimmed_messages` turns did not fit."""

    used_tokens: int
    context_limit: int
    trimmed_messages: int
    model: str

    @property
    def percent(self) -> float:
        return round(100 * self.used_tokens / self.context_limit, 2)

    def to_json(self) -> dict[str, int | str]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Retrieved:
    """A passage that the model was given: which chunks of which file, and how well they fit.

    Of a file in a vector store, its id, attributes and text are kept as well: clients are shown
    what was found there.
    """

    document_id: UUID
    filename: str
    positions: tuple[int, ...]
    score: float
    file_id: UUID | None = None
    text: str | None = None
    attributes: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        stored = {key: value for key, value in asdict(self).items() if value is not None}
        stored["document_id"] = str(self.document_id)
        return stored if self.file_id is None else {**stored, "file_id": str(self.file_id)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        return cls(
            UUID(stored["document_id"]),
            stored["filename"],
            tuple(stored["positions"]),
            stored["score"],
            UUID(stored["file_id"]) if "file_id" in stored else None,
            stored.get("text"),
            stored.get("attributes"),
        )


@dataclass(frozen=True, slots=True)
class Recalled:
    """A memory that the model was given."""

    id: UUID
    content: str
    score: float

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "id": str(self.id)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        return cls(UUID(stored["id"]), stored["content"], stored["score"])


@dataclass(frozen=True, slots=True)
class Finding:
    """What a tool of ours has returned: kept, so that a run that was paused still knows it."""

    source: str
    text: str

    @classmethod
    def of(cls, call: ToolCall, output: str) -> Self:
        return cls(f"{call.name} {call.arguments}"[:_LONGEST_SOURCE], output)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class RunSnapshot:
    """A run at one moment. `usage` sums all its model calls.

    `incomplete` says which budget ended it early. `recalled` is None where memory was not searched;
    `memory_operation_id` is what the exchange will be learnt by, once the run is completed.
    `key_id` is the key that set it going.
    """

    id: UUID
    tenant_id: UUID
    thread_id: UUID
    assistant_id: UUID | None
    status: RunStatus
    model: ModelName
    rounds: int
    usage: Usage
    context_usage: ContextUsage | None = None
    failure: Failure | None = None
    retrieved: tuple[Retrieved, ...] = ()
    recalled: tuple[Recalled, ...] | None = None
    findings: tuple[Finding, ...] = ()
    incomplete: str | None = None
    memory_operation_id: UUID | None = None
    key_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class AnswerSnapshot:
    """An assistant's message. `usage` is that of the model calls that wrote it.

    A `failure` says why it is not whole.
    """

    id: UUID
    run_id: UUID
    thread_id: UUID
    status: MessageStatus
    items: tuple[Item, ...]
    model: ModelName
    usage: Usage
    created_at: datetime
    ended_at: datetime
    failure: Failure | None = None

    @property
    def content(self) -> str | None:
        """The text; None where the run broke off, or waits for its caller, before there was any."""
        text = text_of(self.items)
        return text if text or self.status in _WHOLE else None

    @property
    def reasoning(self) -> str | None:
        return reasoning_of(self.items) or None

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The calls that the client has to make."""
        return calls_of(self.items)
