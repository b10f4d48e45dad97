"""A message on its way in: words of forms and values of JSON become one shape.

Clients send booleans as text, objects as JSON text, and toggles in any casing.
"""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, field_validator, model_validator

from pegboard.api.backboard.wire.limits import LONGEST_JSON, LONGEST_WORD, KeptObject, Prompt
from pegboard.api.backboard.wire.tools import ToolsIn
from pegboard.errors import AppError, ErrorKind
from pegboard.llm.gateway import GenerationOptions, ModelName
from pegboard.memories.modes import MemoryMode, MemoryUse
from pegboard.models.resolution import Fields, Resolver
from pegboard.runs.requests.targets import NewThread, Target
from pegboard.strict_json import BadJson, loads

_FIELDS: Final = Fields(model="model_name", provider="llm_provider")
_FEATURES: Final = {
    "voice": "voice",
    "audio_file": "voice",
    "image_generation": "image generation",
    "video_generation": "video generation",
    "system_one": "System One",
    "operation": "direct media generation",
    "input_image": "image input",
    "input_last_frame": "video generation",
    "input_video": "video input",
    "input_references": "media references",
}
"""Fields, and parts of a form, that ask for what this server cannot do."""

_OFF: Final = frozenset({"", "off", "none", "null", "false", "chat", "{}", "[]"})


class BadMessage(AppError):
    """The message breaks a rule that no schema states."""

    code = "bad_message"


class UnsupportedFeature(AppError):
    kind = ErrorKind.UNSUPPORTED
    code = "unsupported_feature"

    def __init__(self, feature: str) -> None:
        super().__init__(f"This server has no {feature}")


def refuse_unsupported(name: str, value: Any) -> None:
    """Raise UnsupportedFeature for a field that asks for what is not here; a toggle may be off."""
    off = not value or (isinstance(value, str) and value.strip().lower() in _OFF)
    if name in _FEATURES and not off:
        raise UnsupportedFeature(_FEATURES[name])


def _empty_as_absent(value: Any) -> Any:
    return None if value == "" else value


def _json_text(value: Any) -> Any:
    """A form carries objects and lists as JSON text."""
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    if len(value) > LONGEST_JSON:
        raise BadMessage(f"A field that has to be JSON is longer than {LONGEST_JSON} characters")
    try:
        return loads(value)
    except BadJson as error:
        raise BadMessage(f"A field that has to be JSON is not: {error.problem}") from error


def _memory_mode(value: Any) -> MemoryMode:
    """Any casing; a word that is none of the modes is off, as clients send all sorts."""
    word = str(value or "").strip().lower()
    return MemoryMode(word) if word in set(MemoryMode) else MemoryMode.OFF


def _thinking(value: Any) -> Any:
    """An object; `true` and a bare effort are taken for the object that they mean."""
    if value is True or (isinstance(value, str) and value.lower() == "true"):
        return {"type": "enabled"}
    if value is False or (isinstance(value, str) and value.lower() == "false"):
        return None
    if isinstance(value, str) and value.isalpha() and value != "null":
        return {"effort": value.lower()}
    return _json_text(value)


Text = Annotated[str | None, BeforeValidator(_empty_as_absent), Field(max_length=LONGEST_WORD)]
Flag = Annotated[bool | None, BeforeValidator(_empty_as_absent)]
JsonField = Annotated[KeptObject | None, BeforeValidator(_json_text)]


def _toggle(value: Any) -> bool:
    """`Auto` and its like are on; what clients send for off, and what nobody knows, is off."""
    return value is True or str(value).strip().lower() in {"auto", "on", "true", "1"}


Toggle = Annotated[bool, BeforeValidator(_toggle)]
Thinking = Annotated[KeptObject | None, BeforeValidator(_thinking)]
Mode = Annotated[MemoryMode, BeforeValidator(_memory_mode)]


class MessageIn(BaseModel):
    """The fields of a message; unknown ones are ignored."""

    content: str | None = None
    llm_provider: Text = None
    model_name: Text = None
    stream: Flag = None
    memory: Mode = MemoryMode.OFF
    memory_pro: Mode = MemoryMode.OFF
    memory_response_citation: Flag = None
    web_search: Toggle = False
    send_to_llm: Flag = None
    json_output: Flag = None
    metadata: JsonField = None
    thinking: Thinking = None
    openrouter: JsonField = None
    system_prompt: Prompt | None = None
    tools: Annotated[ToolsIn | None, BeforeValidator(_json_text)] = None

    @model_validator(mode="before")
    @classmethod
    def _refuse_unsupported(cls, fields: Any) -> Any:
        for name in fields if isinstance(fields, dict) else ():
            refuse_unsupported(name, fields[name])
        return fields

    @field_validator("metadata")
    @classmethod
    def _timestamp_is_iso(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        stamp = (value or {}).get("custom_timestamp")
        if stamp is not None:
            try:
                datetime.fromisoformat(stamp)
            except (TypeError, ValueError) as error:
                raise BadMessage("metadata.custom_timestamp is not an ISO-8601 moment") from error
        return value

    def check(self) -> None:
        """The rules between fields."""
        if self.memory is not MemoryMode.OFF and self.memory_pro is not MemoryMode.OFF:
            raise BadMessage("memory and memory_pro cannot be combined")

    def model(self, resolver: Resolver) -> ModelName:
        """The model asked for; the default one where none is."""
        default = resolver.default
        if self.llm_provider is None and self.model_name is None:
            return default
        provider = (self.llm_provider or default.provider).strip()
        if self.model_name is None and provider != default.provider:
            raise BadMessage(f"llm_provider {provider!r} needs a model_name with it")
        return resolver.resolve(
            self.model_name or default.name,
            provider if self.llm_provider is not None else None,
            fields=_FIELDS,
        )

    def memory_use(self) -> MemoryUse:
        careful = self.memory_pro is not MemoryMode.OFF
        mode = self.memory_pro if careful else self.memory
        return MemoryUse(mode, careful=careful, cite=bool(self.memory_response_citation))

    def generation(self) -> GenerationOptions:
        return GenerationOptions(
            json_output=bool(self.json_output),
            thinking=self.thinking,
            routing=self.openrouter,
        )


class PlacedMessageIn(MessageIn):
    """A message that says itself where it goes; `assistant_id` counts for a new thread alone."""

    thread_id: Annotated[UUID | None, BeforeValidator(_empty_as_absent)] = None
    assistant_id: Annotated[UUID | None, BeforeValidator(_empty_as_absent)] = None

    def target(self) -> Target:
        return self.thread_id or NewThread(assistant_id=self.assistant_id)
