"""Conditions on the attributes of documents, and whether they hold. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, assert_never

Value: TypeAlias = str | float | bool


class Operator(StrEnum):
    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    IN = "in"
    NIN = "nin"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What an attribute is compared with: one value, or for IN and NIN any of several."""

    key: str
    operator: Operator
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Every:
    conditions: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Some:
    conditions: "tuple[Condition, ...]"


Condition: TypeAlias = Comparison | Every | Some


def holds(condition: Condition, attributes: Mapping[str, Value]) -> bool:
    """Whether the attributes are as wanted; one that is missing is unlike every value."""
    match condition:
        case Every(conditions):
            return all(holds(one, attributes) for one in conditions)
        case Some(conditions):
            return any(holds(one, attributes) for one in conditions)
        case Comparison(key, operator, values):
            return _compares(operator, attributes.get(key), values)
        case _:
            assert_never(condition)


def _compares(operator: Operator, value: Value | None, wanted: tuple[Value, ...]) -> bool:
    match operator:
        case Operator.EQ | Operator.IN:
            return any(_is(value, one) for one in wanted)
        case Operator.NE | Operator.NIN:
            return not any(_is(value, one) for one in wanted)
        case Operator.GT | Operator.GTE | Operator.LT | Operator.LTE:
            order = _order(value, wanted[0])
            return order is not None and _follows(operator, order)
        case _:
            assert_never(operator)


def _is(value: Value | None, other: Value) -> bool:
    """Python holds True for 1, which a client does not mean."""
    return value == other and isinstance(value, bool) is isinstance(other, bool)


def _order(value: Value | None, other: Value) -> int | None:
    """-1, 0 or 1; None for what cannot be put in order: different kinds, or nothing at all."""
    if isinstance(value, str) and isinstance(other, str):
        return (value > other) - (value < other)
    if isinstance(value, bool) or isinstance(other, bool):
        return None
    if isinstance(value, (int, float)) and isinstance(other, (int, float)):
        return (value > other) - (value < other)
    return None


def _follows(operator: Operator, order: int) -> bool:
    if operator is Operator.GT:
        return order > 0
    if operator is Operator.GTE:
        return order >= 0
    return order < 0 if operator is Operator.LT else order <= 0
