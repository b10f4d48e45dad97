"""What is known of a model, in our own words."""

from dataclasses import dataclass
from enum import StrEnum


class ModelType(StrEnum):
    LLM = "llm"
    EMBEDDING = "embedding"


@dataclass(frozen=True, slots=True)
class Window:
    """How much a model reads and writes at once, in tokens; `max_output` None where unknown."""

    context_limit: int
    max_output: int | None


UNKNOWN_WINDOW = Window(context_limit=128_000, max_output=None)
"""For a model of which nobody says: what most current models can at least read."""


@dataclass(frozen=True, slots=True)
class Thinking:
    """How a model's reasoning is asked for.

    `efforts` are the words it takes; with `budget` it takes a number of tokens as well. One that
    is `always` on cannot be told to stop.
    """

    efforts: tuple[str, ...] = ()
    budget: bool = False
    always: bool = False
    default_effort: str | None = None


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars for a million tokens; None where nobody says."""

    input: float | None = None
    output: float | None = None
    cached_input: float | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """A model that can be named in a request. `provider` is the API's word for it.

    `tools`, `vision` and `json_output` are None where nobody says; `thinking` is None for a model
    that does not reason, `dims` for one that does not embed. `reads` and `writes` are modalities.
    """

    provider: str
    name: str
    type: ModelType = ModelType.LLM
    window: Window = UNKNOWN_WINDOW
    api_mode: str | None = "chat_completions"
    tools: bool | None = None
    vision: bool | None = None
    json_output: bool | None = None
    thinking: Thinking | None = None
    prices: Prices = Prices()
    dims: int | None = None
    reads: tuple[str, ...] = ("text",)
    writes: tuple[str, ...] = ("text",)
    deprecation_date: str | None = None
