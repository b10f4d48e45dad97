"""Columns that are JSON in the database and values of a room in its rows."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.types import TypeDecorator

Value = TypeVar("Value")


class JsonOf(TypeDecorator[Value]):
    """JSON that `to_json` makes of a value, and that `from_json` reads; None is NULL."""

    impl = JSON
    cache_ok = True

    def __init__(self, to_json: Callable[[Value], Any], from_json: Callable[[Any], Value]) -> None:
        super().__init__(none_as_null=True)
        self.to_json = to_json
        self.from_json = from_json

    def process_bind_param(self, value: Value | None, dialect: Dialect) -> Any:
        return None if value is None else self.to_json(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Value | None:
        return None if value is None else self.from_json(value)
