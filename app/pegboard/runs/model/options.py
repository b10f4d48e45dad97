"""What is in effect for one run, stored with it so that it can go on after a pause."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import PlainSerializer, PlainValidator, TypeAdapter

from pegboard.assistants import tools
from pegboard.assistants.tools import Tools
from pegboard.db.base import JsonDict
from pegboard.llm.gateway import GenerationOptions, ModelName
from pegboard.memories.modes import MemoryUse

StoredTools = Annotated[
    Tools,
    PlainValidator(tools.from_json, json_schema_input_type=list[JsonDict]),
    PlainSerializer(tools.to_json),
]


@dataclass(frozen=True, slots=True)
class Extensions:
    """What a run carries for others than the engine, which reads none of it.

    `echo` is what an API tells of the run as it was requested, `sandbox_script` steers the sandbox
    model.
    """

    echo: JsonDict = field(default_factory=dict)
    sandbox_script: Any = None


@dataclass(frozen=True, slots=True)
class RunOptions:
    """`instructions` and `tools` are the assistant's unless the request replaced them.

    `passages` is how many chunks of documents the model is given at most, those with a rating of
    `least_rating` at least. `web` lets it search. `streaming` says that somebody reads the answer
    in pieces. The budgets count over all model calls of the run; `last_messages` is how many of the
    thread's newest messages the model reads at most. Documents of `vector_store_ids` are searched
    besides the thread's own; with `cite` the model marks what it takes from which passage.
    """

    model: ModelName
    instructions: str = ""
    tools: StoredTools = ()
    passages: int = 10
    memory: MemoryUse = field(default_factory=MemoryUse)
    web: bool = False
    generation: GenerationOptions = field(default_factory=GenerationOptions)
    streaming: bool = True
    max_prompt_tokens: int | None = None
    max_completion_tokens: int | None = None
    last_messages: int | None = None
    least_rating: float = 0.0
    vector_store_ids: tuple[UUID, ...] = ()
    cite: bool = False
    extensions: Extensions = field(default_factory=Extensions)


_SHAPE: Final = TypeAdapter(RunOptions)


def to_json(options: RunOptions) -> JsonDict:
    stored: JsonDict = _SHAPE.dump_python(options, mode="json", exclude_defaults=True)
    return stored


def from_json(stored: Mapping[str, Any]) -> RunOptions:
    """Also as earlier versions stored them."""
    return _SHAPE.validate_python(_in_todays_words(stored))


def echo_of(stored: Mapping[str, Any]) -> JsonDict:
    """The echo alone, of options as they are stored."""
    extensions: JsonDict = stored.get("extensions") or _first_extensions(stored)
    return extensions.get("echo") or {}


def _in_todays_words(stored: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first version said `whole` for not streaming, and had its extensions among the rest."""
    if "extensions" in stored:
        return stored
    streaming = {"streaming": False} if stored.get("whole") else {}
    return {**stored, **streaming, "extensions": _first_extensions(stored)}


def _first_extensions(stored: Mapping[str, Any]) -> JsonDict:
    return {"echo": stored.get("asked") or {}, "sandbox_script": stored.get("script")}
