"""What the engine asks of a model and what it gets back, as plain values.

Knows no provider and no transport. A gateway is anything that turns a `ModelRequest` into a
stream of `Delta`s; `litellm.gateway` reaches real providers, `sandbox` answers by itself.
"""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Protocol, TypeAlias
from uuid import UUID

JsonObject: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function the model wants called. `arguments` is JSON text as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture for a model that sees: an address, or the bytes themselves as a `data:` URL.

    One with a `file_id` is yet to be read from that file, and shown to no model before.
    """

    url: str
    detail: str | None = None
    file_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class SystemTurn:
    """An instruction amid the talk; those before it are the prompt's `system`."""

    text: str


@dataclass(frozen=True, slots=True)
class UserTurn:
    text: str
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A block of what a model thought, which its provider may want back beside the calls it led to.

    `signature` is the provider's proof that the text is its own; `encrypted` stands in place of a
    text that it does not show. Both are opaque to everybody else.
    """

    text: str = ""
    signature: str | None = None
    encrypted: str | None = None


@dataclass(frozen=True, slots=True)
class AssistantTurn:
    """`reasoning` is given only where the turn is one of the run that is going."""

    text: str | None
    tool_calls: tuple[ToolCall, ...] = ()
    reasoning: tuple[Reasoning, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolTurn:
    """What came back from one tool call; follows the assistant turn that made the call."""

    call_id: str
    name: str
    output: str


Turn: TypeAlias = SystemTurn | UserTurn | AssistantTurn | ToolTurn


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document given to the model; `source` is the file's name."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Tool:
    """A function on offer. `parameters` is a JSON schema of type object."""

    name: str
    description: str
    parameters: JsonObject


@dataclass(frozen=True, slots=True)
class Prompt:
    """All that the model will read. `turns` ends with what it has to answer."""

    system: str
    turns: tuple[Turn, ...]
    tools: tuple[Tool, ...] = ()
    memories: tuple[str, ...] = ()
    passages: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelName:
    """Who is asked: `provider` in the API's words ("openai", "google"); `name` may hold slashes."""

    provider: str
    name: str


@dataclass(frozen=True, slots=True)
class GenerationOptions:
    """How the answer is to be generated. A model that cannot honour an option ignores it."""

    json_output: bool = False
    json_schema: JsonObject | None = None
    thinking: JsonObject | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_output_tokens: int | None = None
    stop: tuple[str, ...] = ()
    tool_choice: str | JsonObject | None = None
    parallel_tool_calls: bool = True
    routing: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One call to a model.

    `round` counts the calls this run has made before (0 for the first). `script` is the caller's
    `metadata.sandbox`, unread: the sandbox model alone makes sense of it. Unless it is
    `streaming`, the caller has no use for pieces, and the gateway may fetch the answer in one.
    """

    model: ModelName
    prompt: Prompt
    options: GenerationOptions = field(default_factory=GenerationOptions)
    round: int = 0
    script: Any = None
    streaming: bool = True


@dataclass(frozen=True, slots=True)
class TextPiece:
    text: str


@dataclass(frozen=True, slots=True)
class RefusalPiece:
    """Part of what a model says in place of an answer, by a provider that tells the two apart."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningPiece:
    """Part of a block of reasoning; a `signature` or an `encrypted` text is the block's last."""

    text: str = ""
    signature: str | None = None
    encrypted: str | None = None


@dataclass(frozen=True, slots=True)
class ToolCallPiece:
    """Part of the call at `index`. `id` and `name` come once, first; `arguments` add up."""

    index: int
    id: str | None = None
    name: str | None = None
    arguments: str = ""


class FinishReason(StrEnum):
    STOP = "stop"
    TOOL_CALLS = "tool_calls"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one model call, and its price in US dollars where it is known.

    The cached ones are among the input tokens, those of reasoning among the output tokens.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_input_tokens: int = 0
    cost_usd: Decimal | None = None
    reasoning_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        """The sum. A price that is unknown for one call leaves the sum unknown."""
        return self._with(other, 1)

    def __sub__(self, other: "Usage") -> "Usage":
        """What came to be used since `other`."""
        return self._with(other, -1)

    def _with(self, other: "Usage", sign: int) -> "Usage":
        cost: Decimal | None = None
        if self.cost_usd is not None and other.cost_usd is not None:
            cost = self.cost_usd + sign * other.cost_usd
        return Usage(
            input_tokens=self.input_tokens + sign * other.input_tokens,
            output_tokens=self.output_tokens + sign * other.output_tokens,
            cached_input_tokens=self.cached_input_tokens + sign * other.cached_input_tokens,
            cache_write_input_tokens=(
                self.cache_write_input_tokens + sign * other.cache_write_input_tokens
            ),
            cost_usd=cost,
            reasoning_tokens=self.reasoning_tokens + sign * other.reasoning_tokens,
        )


NO_USAGE: Final = Usage(cost_usd=Decimal(0))


@dataclass(frozen=True, slots=True)
class Finished:
    """The last delta. A stream that ends without it was cut off."""

    reason: FinishReason
    usage: Usage


Delta: TypeAlias = TextPiece | RefusalPiece | ReasoningPiece | ToolCallPiece | Finished


class Gateway(Protocol):
    """The way to a model."""

    def answers_as(self, model: ModelName) -> ModelName:
        """The provider and name under which an answer for `model` will be reported."""
        ...

    def simulates(self, model: ModelName) -> bool:
        """Whether it is the sandbox model that answers for `model`."""
        ...

    def stream(self, request: ModelRequest) -> AsyncGenerator[Delta, None]:
        """Ask; raise one of `failures` when the provider refuses, before or amid the pieces.

        Closing the generator ends the call.
        """
        ...
