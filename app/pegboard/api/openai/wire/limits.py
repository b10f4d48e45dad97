"""Values that are out of bounds, refused in OpenAI's words."""

from collections.abc import Sequence
from typing import Any

from pydantic import BeforeValidator

from pegboard.api.openai.faults import BadParameter


def check_range(param: str, value: int, *, least: int, most: int) -> None:
    if value < least:
        bound, wanted, code = "below minimum", f">= {least}", "integer_below_min_value"
    elif value > most:
        bound, wanted, code = "above maximum", f"<= {most}", "integer_above_max_value"
    else:
        return
    raise BadParameter(
        f"Invalid '{param}': integer {bound} value. Expected a value {wanted}, but got {value} "
        "instead.",
        param=param,
        code=code,
    )


def check_length(param: str, values: Sequence[Any], *, least: int = 0, most: int) -> None:
    if len(values) > most:
        raise BadParameter(
            f"Invalid '{param}': array too long. Expected an array with maximum length {most}, but "
            f"got an array with length {len(values)} instead.",
            param=param,
            code="array_above_max_length",
        )
    if len(values) < least:
        raise BadParameter(
            f"Invalid '{param}': empty array. Expected an array with minimum length {least}, but "
            "got an empty array instead.",
            param=param,
            code="empty_array",
        )


def at_most(param: str, most: int) -> BeforeValidator:
    """Count the items of a list before any of them is looked at."""

    def check(value: Any) -> Any:
        if isinstance(value, list):
            check_length(param, value, most=most)
        return value

    return BeforeValidator(check)


def check_choice(param: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        *others, last = (f"'{choice}'" for choice in choices)
        listed = f"{', '.join(others)} and {last}" if others else last
        raise BadParameter(
            f"Invalid value: '{value[:50]}'. Supported values are: {listed}.", param=param
        )


def require(param: str, value: Any) -> None:
    if value is None:
        raise BadParameter(
            f"Missing required parameter: '{param}'.",
            param=param,
            code="missing_required_parameter",
        )
