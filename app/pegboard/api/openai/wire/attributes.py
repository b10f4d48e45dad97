"""Attributes of a file in a vector store, and the conditions on them that a search may make."""

import math
from typing import Annotated, Any, Final, TypeAlias

from pydantic import BeforeValidator

from pegboard.api.openai.faults import BadParameter
from pegboard.api.openai.wire.fields import MOST_PAIRS, too_long
from pegboard.api.openai.wire.limits import check_choice, check_length, require
from pegboard.documents.attributes import Comparison, Condition, Every, Operator, Some, Value

_LONGEST_KEY: Final = 64
_LONGEST_VALUE: Final = 512
_MOST_CONDITIONS: Final = 100
_COMPOUND: Final = ("and", "or")
_TYPES: Final = (*_COMPOUND, *(operator.value for operator in Operator))
_LISTS: Final = frozenset({Operator.IN, Operator.NIN})

Json: TypeAlias = dict[str, Any]


def _checked(value: Any) -> Any:
    """At most 16 pairs of short texts, numbers and booleans."""
    if not isinstance(value, dict):
        return value
    if len(value) > MOST_PAIRS:
        raise BadParameter(
            "Invalid 'attributes': too many properties. Expected an object with at most "
            f"{MOST_PAIRS} properties, but got an object with {len(value)} properties instead.",
            param="attributes",
            code="object_above_max_properties",
        )
    for key, one in value.items():
        place = f"attributes.{key[:_LONGEST_KEY]}"
        if len(key) > _LONGEST_KEY:
            raise too_long("attributes", "keys", _LONGEST_KEY, len(key))
        _check_value(place, one)
        if isinstance(one, str) and len(one) > _LONGEST_VALUE:
            raise too_long(place, "string", _LONGEST_VALUE, len(one))
    return value


Attributes = Annotated[dict[str, Any] | None, BeforeValidator(_checked)]


def condition_of(raw: Json) -> Condition:
    """The condition that `filters` stands for."""
    left = [_MOST_CONDITIONS]
    return _condition(raw, "filters", left)


def _condition(raw: Any, place: str, left: list[int]) -> Condition:
    """`left` holds how many more conditions there may be: each is held against every file."""
    if not isinstance(raw, dict):
        raise _wrong_type(place, "an object")
    left[0] -= 1
    if left[0] < 0:
        raise BadParameter(
            f"Invalid 'filters': expected at most {_MOST_CONDITIONS} conditions.", param="filters"
        )
    kind = raw.get("type")
    require(f"{place}.type", kind)
    check_choice(f"{place}.type", str(kind), _TYPES)
    if kind in _COMPOUND:
        return _compound(raw, place, left)
    return _comparison(raw, place, Operator(str(kind)))


def _compound(raw: Json, place: str, left: list[int]) -> Condition:
    parts = raw.get("filters")
    require(f"{place}.filters", parts)
    if not isinstance(parts, list):
        raise _wrong_type(f"{place}.filters", "an array")
    check_length(f"{place}.filters", parts, least=1, most=_MOST_CONDITIONS)
    conditions = tuple(
        _condition(part, f"{place}.filters[{at}]", left) for at, part in enumerate(parts)
    )
    return Every(conditions) if raw["type"] == "and" else Some(conditions)


def _comparison(raw: Json, place: str, operator: Operator) -> Comparison:
    key, value = raw.get("key"), raw.get("value")
    require(f"{place}.key", key)
    require(f"{place}.value", value)
    if not isinstance(key, str):
        raise _wrong_type(f"{place}.key", "a string")
    if operator not in _LISTS:
        return Comparison(key, operator, (_check_value(f"{place}.value", value),))
    if not isinstance(value, list):
        raise _wrong_type(f"{place}.value", "an array")
    check_length(f"{place}.value", value, most=_MOST_CONDITIONS)
    values = (_check_value(f"{place}.value[{at}]", one) for at, one in enumerate(value))
    return Comparison(key, operator, tuple(values))


def _check_value(place: str, value: Any) -> Value:
    if isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise _wrong_type(place, "a string, number or boolean")


def _wrong_type(place: str, wanted: str) -> BadParameter:
    return BadParameter(
        f"Invalid type for '{place}': expected {wanted}.", param=place, code="invalid_type"
    )
