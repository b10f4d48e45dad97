"""What a caller wants of a run."""

from dataclasses import dataclass, field
from datetime import timedelta

from pegboard.assistants.sampling import Sampling
from pegboard.assistants.tools import Tools
from pegboard.db.base import JsonDict
from pegboard.documents.wanted_resources import WantedResources
from pegboard.llm.gateway import GenerationOptions, ModelName
from pegboard.memories.modes import MemoryUse
from pegboard.runs.model.options import Extensions


@dataclass(frozen=True, slots=True)
class RunRequest:
    """None leaves what the assistant has, where it has such a thing.

    `model` is one, or a name that is still to be resolved. `additional_instructions` come behind
    the others. `sampling` goes over the assistant's, and both over `generation`. `streaming` says
    that somebody reads the answer in pieces. `labels` is the caller's metadata. A run that is not
    over `expires_after` its beginning expires.
    """

    model: ModelName | str | None = None
    instructions: str | None = None
    additional_instructions: str | None = None
    tools: Tools | None = None
    tool_resources: WantedResources | None = None
    memory: MemoryUse = field(default_factory=MemoryUse)
    web: bool = False
    sampling: Sampling = field(default_factory=Sampling)
    generation: GenerationOptions = field(default_factory=GenerationOptions)
    streaming: bool = True
    max_prompt_tokens: int | None = None
    max_completion_tokens: int | None = None
    last_messages: int | None = None
    labels: JsonDict | None = None
    expires_after: timedelta | None = None
    extensions: Extensions = field(default_factory=Extensions)
