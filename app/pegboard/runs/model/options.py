"""What the caller wishes for one run, kept with the run so that it can go on after a pause."""

from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter

from pegboard.db.base import JsonDict
from pegboard.llm.gateway import GenerationOptions, ModelName
from pegboard.memories.modes import MemoryUse


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The wishes in effect: `instructions` and `tools` are the assistant's unless replaced.

    `passages` is how many chunks of documents the model is given at most, those with a rating of
    `least_rating` at least. `web` lets it search. `script` steers the sandbox model. `whole` says
    that nobody reads the answer in pieces. The budgets count over all model calls of the run;
    `last_messages` is how many of the thread's newest messages the model reads at most. Documents
    of `vector_store_ids` are searched besides the thread's own; with `cite` the model marks what it
    takes from which passage. `asked` is what an API tells of the run as it was asked for.
    """

    model: ModelName
    instructions: str = ""
    tools: tuple[JsonDict, ...] = ()
    passages: int = 10
    memory: MemoryUse = field(default_factory=MemoryUse)
    web: bool = False
    generation: GenerationOptions = field(default_factory=GenerationOptions)
    script: Any = None
    whole: bool = False
    max_prompt_tokens: int | None = None
    max_completion_tokens: int | None = None
    last_messages: int | None = None
    least_rating: float = 0.0
    vector_store_ids: tuple[UUID, ...] = ()
    cite: bool = False
    asked: JsonDict = field(default_factory=dict)


_SHAPE: Final = TypeAdapter(RunOptions)


def to_json(options: RunOptions) -> JsonDict:
    stored: JsonDict = _SHAPE.dump_python(options, mode="json", exclude_defaults=True)
    return stored


def from_json(stored: JsonDict) -> RunOptions:
    return _SHAPE.validate_python(stored)
