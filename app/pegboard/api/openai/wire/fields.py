"""Fields that several nouns share, and what is wrong with them in OpenAI's words."""

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator

from pegboard.api.openai.faults import BadParameter
from pegboard.strict_json import dumps

MOST_PAIRS: Final = 16
_LONGEST_KEY: Final = 64
_LONGEST_VALUE: Final = 512
_LARGEST_OBJECT: Final = 512 * 1024


def _metadata(value: Any) -> Any:
    """At most 16 pairs of short texts."""
    if not isinstance(value, dict):
        return value
    if len(value) > MOST_PAIRS:
        raise BadParameter(
            "Invalid 'metadata': too many properties. Expected an object with at most "
            f"{MOST_PAIRS} properties, but got an object with {len(value)} properties instead.",
            param="metadata",
            code="object_above_max_properties",
        )
    for key, text in value.items():
        if len(key) > _LONGEST_KEY:
            raise too_long("metadata", "keys", _LONGEST_KEY, len(key))
        if not isinstance(text, str):
            raise BadParameter(
                f"Invalid type for 'metadata.{key}': expected a string, but got "
                f"{_kind(text)} instead.",
                param=f"metadata.{key}",
                code="invalid_type",
            )
        if len(text) > _LONGEST_VALUE:
            raise too_long(f"metadata.{key}", "string", _LONGEST_VALUE, len(text))
    return value


def too_long(param: str, noun: str, most: int, got: int) -> BadParameter:
    return BadParameter(
        f"Invalid '{param}': {noun} too long. Expected a maximum length of {most}, but got "
        f"{got} instead.",
        param=param,
        code="string_above_max_length",
    )


def check_size(param: str, value: Any) -> None:
    """Refuse an object that is too large to be stored and sent again and again."""
    if value and (size := len(dumps(value))) > _LARGEST_OBJECT:
        raise BadParameter(
            f"Invalid '{param}': object too large. Expected at most {_LARGEST_OBJECT} characters "
            f"as JSON, but got {size} instead.",
            param=param,
            code="object_above_max_size",
        )


def sized(param: str) -> AfterValidator:
    def check(value: Any) -> Any:
        if isinstance(value, dict):
            check_size(param, value)
        return value

    return AfterValidator(check)


def _kind(value: Any) -> str:
    names = {bool: "a boolean", int: "an integer", float: "a decimal", list: "an array"}
    if value is None:
        return "null"
    return names.get(type(value), "an object")


def seconds(moment: datetime | None) -> int | None:
    """Unix seconds; None for what has not happened."""
    return None if moment is None else int(moment.timestamp())


Metadata = Annotated[dict[str, str] | None, BeforeValidator(_metadata)]


def longest(name: str, most: int) -> Any:
    """A text of at most `most` characters, or null."""

    def check(value: str | None) -> str | None:
        if value is not None and len(value) > most:
            raise too_long(name, "string", most, len(value))
        return value

    return Annotated[str | None, AfterValidator(check)]
