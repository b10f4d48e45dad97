"""Assistants as the OpenAI API writes them; `instructions` is the other API's prompt."""

from dataclasses import replace
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, Field

from pegboard.api.openai.wire.fields import Metadata, longest, seconds, sized
from pegboard.api.openai.wire.lists import Identified
from pegboard.api.openai.wire.tool_resources import ToolResourcesIn, resources_out
from pegboard.api.openai.wire.tools import MOST_OF_ASSISTANT, Tools, tools_of, tools_out
from pegboard.assistants.sampling import Sampling
from pegboard.assistants.tables import Assistant
from pegboard.db.base import JsonDict
from pegboard.public_ids import Prefix, public_id

DEFAULT_MODEL: Final = "gpt-4o"
SAMPLING: Final = ("temperature", "top_p", "reasoning_effort", "response_format")
_UNNAMED: Final = ""

Temperature = Annotated[float, Field(ge=0, le=2)]
ResponseFormat = Annotated[str | dict[str, Any] | None, sized("response_format")]
TopP = Annotated[float, Field(ge=0, le=1)]


class AssistantChange(BaseModel):
    """Only the keys that are sent are changed; null clears what can be empty."""

    model: Annotated[str, Field(min_length=1, max_length=512)] | None = None
    name: longest("name", 256) = None  # type: ignore[valid-type]
    description: longest("description", 512) = None  # type: ignore[valid-type]
    instructions: longest("instructions", 256_000) = None  # type: ignore[valid-type]
    tools: Tools = None
    tool_resources: ToolResourcesIn | None = None
    metadata: Metadata = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    reasoning_effort: longest("reasoning_effort", 64) = None  # type: ignore[valid-type]
    response_format: ResponseFormat = None

    def changes(self, present: Sampling | None = None) -> dict[str, Any]:
        """In the words of the assistants' room, all but the resources.

        `present` is the sampling that is kept now.
        """
        given = self.model_fields_set
        changes: dict[str, Any] = {}
        if "name" in given:
            changes["name"] = self.name or _UNNAMED
        if "instructions" in given:
            changes["system_prompt"] = self.instructions
        if "tools" in given:
            changes["tools"] = tools_of(self.tools or [], most=MOST_OF_ASSISTANT)
        if "metadata" in given:
            changes["labels"] = self.metadata or {}
        for name in ("description", "model"):
            if name in given:
                changes[name] = getattr(self, name)
        sampling = {name: getattr(self, name) for name in SAMPLING if name in given}
        if sampling:
            changes["sampling"] = replace(present or Sampling(), **sampling)
        return changes


class AssistantIn(AssistantChange):
    model: Annotated[str, Field(min_length=1, max_length=512)]


class AssistantOut(Identified):
    object: str
    created_at: int | None
    name: str | None
    description: str | None
    model: str
    instructions: str | None
    tools: list[JsonDict]
    tool_resources: JsonDict
    metadata: JsonDict
    temperature: float | None
    top_p: float | None
    reasoning_effort: str | None
    response_format: str | JsonDict | None

    @classmethod
    def of(cls, assistant: Assistant) -> Self:
        sampling = assistant.sampling or Sampling()
        return cls(
            id=public_id(Prefix.ASSISTANT, assistant.id),
            object="assistant",
            created_at=seconds(assistant.created_at),
            name=assistant.name or None,
            description=assistant.description,
            model=assistant.model or DEFAULT_MODEL,
            instructions=assistant.system_prompt,
            tools=tools_out(assistant.tools),
            tool_resources=resources_out(assistant.tool_resources),
            metadata=assistant.labels or {},
            temperature=_or(sampling.temperature, 1.0),
            top_p=_or(sampling.top_p, 1.0),
            reasoning_effort=sampling.reasoning_effort,
            response_format=_or(sampling.response_format, "auto"),
        )


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value
