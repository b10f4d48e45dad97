"""How answers are drawn: an assistant's way for its runs, and a run's own. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from pegboard.db.base import JsonDict
from pegboard.errors import AppError
from pegboard.llm.gateway import GenerationOptions

_JSON: Final = ("json_object", "json_schema")


class UnknownResponseFormat(AppError):
    """A form of answers that nobody here knows."""

    code = "unknown_response_format"

    def __init__(self) -> None:
        super().__init__("The response format is none of text, json_object and json_schema")


@dataclass(frozen=True, slots=True)
class Sampling:
    """None leaves it to the model. `response_format` is kept as it was written: a word such as
    "auto", or an object with a type and perhaps a schema."""

    temperature: float | None = None
    top_p: float | None = None
    reasoning_effort: str | None = None
    response_format: str | JsonDict | None = None

    def over(self, base: "Sampling | None") -> "Sampling":
        """This, and where it says nothing what `base` says."""
        return self if base is None else replace(base, **to_json(self))

    def applied(self, options: GenerationOptions) -> GenerationOptions:
        """The options, and over them what is said here. Raises UnknownResponseFormat."""
        form = self.response_format if isinstance(self.response_format, dict) else {}
        kind = form.get("type")
        if kind not in (None, "text", *_JSON):
            raise UnknownResponseFormat
        described = form.get("json_schema")
        schema = described.get("schema") if isinstance(described, dict) else None
        effort = self.reasoning_effort
        return replace(
            options,
            json_output=options.json_output or kind in _JSON,
            json_schema=options.json_schema if schema is None else schema,
            thinking={"effort": effort} if effort else options.thinking,
            temperature=options.temperature if self.temperature is None else self.temperature,
            top_p=options.top_p if self.top_p is None else self.top_p,
        )


def to_json(sampling: Sampling) -> JsonDict:
    """What is said, as columns hold it, which is as OpenAI's API writes it."""
    return {name: value for name, value in asdict(sampling).items() if value is not None}


def from_json(stored: Mapping[str, Any]) -> Sampling:
    return Sampling(**stored)
