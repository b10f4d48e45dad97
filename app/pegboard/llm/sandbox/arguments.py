"""A JSON schema and a text in, a value valid against the schema and filled from the text out.

Required properties are always there; optional ones only where the text speaks of them. Bounded
in depth and in the number of values built, so that no schema can hold it up.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pegboard.llm.sandbox.choices import is_wanted, mentioned
from pegboard.llm.sandbox.lists import listed_texts, padded
from pegboard.llm.sandbox.mentions import read_mentions
from pegboard.llm.sandbox.numerals import next_number, number_for
from pegboard.llm.sandbox.roles import Role, role_of
from pegboard.llm.sandbox.schemas import (
    Schema,
    admits_null,
    branches,
    kind_of,
    properties_of,
    required_of,
    settle,
)
from pegboard.llm.sandbox.stand_ins import (
    UNSPECIFIED,
    fit_length,
    fit_number,
    given_by_schema,
    stand_in_text,
)
from pegboard.llm.sandbox.texts import leftover_texts, texts_for

_MAX_DEPTH = 8
_MAX_VALUES = 500
_MAX_WRITTEN = 200_000
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Source:
    """Where values may come from.

    `text` is the part of the request that concerns the schema, `whole` the request, `prose` what
    a message or query takes. `facts` are earlier results by key; `ignored` are stems of words that
    name the tool rather than a value.
    """

    text: str
    whole: str
    prose: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()


def value_for(schema: Schema, source: Source) -> Any:
    return _Builder(schema, source).build(schema, "", required=True, depth=0)


class _Builder:
    """Builds one value; remembers what it has used, so that nothing is used twice."""

    def __init__(self, root: Schema, source: Source) -> None:
        self._root = root
        self._source = source
        self._near = read_mentions(source.text)
        self._far = read_mentions(source.whole)
        if not (self._near.any_value() or source.facts):
            self._near = self._far
        self._used_texts: set[str] = set()
        self._used_numbers: set[tuple[int, int]] = set()
        self._built = 0
        self._written = 0
        self._hits = 0

    def build(self, schema: object, name: str, *, required: bool, depth: int) -> Any:
        self._built += 1
        shape = settle(schema, self._root)
        kind = kind_of(shape)
        spent = depth > _MAX_DEPTH or self._built > _MAX_VALUES or self._written > _MAX_WRITTEN
        if spent and not required:
            return _ABSENT
        value = (
            _ABSENT
            if spent
            else self._mentioned_value(shape, kind, name, required=required, depth=depth)
        )
        if value is not _ABSENT or not required:
            return value
        nullable = kind == "null" or admits_null(schema, self._root)
        proposed = given_by_schema(shape)
        if proposed and (proposed[0] is not None or nullable):
            return proposed[0]
        if nullable:
            return None
        if self._written > 2 * _MAX_WRITTEN:
            shape = {}
        stand_in = self._stand_in(shape, kind, name, spent=spent)
        self._written += len(stand_in) if isinstance(stand_in, str) else 1
        return stand_in

    def _mentioned_value(
        self, shape: Schema, kind: str, name: str, *, required: bool, depth: int
    ) -> Any:
        if "const" in shape:
            return shape["const"] if required else _ABSENT
        if isinstance(options := shape.get("enum"), list):
            return self._first_mentioned(options)
        build = {
            "object": self._object,
            "array": self._array,
            "boolean": self._boolean,
            "number": self._number,
            "integer": self._number,
            "string": self._string,
        }.get(kind)
        return build(shape, name, required=required, depth=depth) if build else _ABSENT

    def _first_mentioned(self, options: list[Any]) -> Any:
        chosen = mentioned(options, self._near) or mentioned(options, self._far)
        self._hits += bool(chosen)
        return chosen[0] if chosen else _ABSENT

    def _object(self, shape: Schema, name: str, *, required: bool, depth: int) -> Any:
        begun = self._hits
        built: dict[str, Any] = {}
        properties, wanted = properties_of(shape), required_of(shape)
        for key, schema in properties.items():
            value = self.build(schema, key, required=key in wanted, depth=depth + 1)
            if value is not _ABSENT:
                built[key] = value
        extra = shape.get("additionalProperties")
        for key in wanted:
            if key not in properties:
                built[key] = self.build(extra, key, required=True, depth=depth + 1)
        return built if required or self._hits > begun else _ABSENT

    def _array(self, shape: Schema, name: str, *, required: bool, depth: int) -> Any:
        if prefix := branches(shape.get("prefixItems")):
            if not required:
                return _ABSENT
            return [self.build(part, name, required=True, depth=depth + 1) for part in prefix]
        items = settle(shape.get("items"), self._root)
        values = self._items(items, name, depth=depth)
        if not values and (not required or "default" in shape):
            return _ABSENT
        return padded(
            values, shape, lambda: self.build(items, name, required=True, depth=depth + 1)
        )

    def _items(self, items: Schema, name: str, *, depth: int) -> list[Any]:
        if "const" in items:
            return []
        if isinstance(options := items.get("enum"), list):
            values = mentioned(options, self._near)
        elif (kind := kind_of(items)) == "string":
            values = list(listed_texts(name, items, self._near, self._source.ignored))
            self._used_texts.update(values)
        elif kind in ("number", "integer"):
            values = []
            while number := next_number(self._near, self._used_numbers):
                self._used_numbers.add((number.start, number.end))
                values.append(fit_number(number.value, items, whole=kind == "integer"))
        elif kind == "object":
            value = self.build(items, name, required=False, depth=depth + 1)
            return [] if value is _ABSENT else [value]
        else:
            values = []
        self._hits += bool(values)
        return values

    def _boolean(self, shape: Schema, name: str, *, required: bool, depth: int) -> Any:
        wanted = is_wanted(name, str(shape.get("description") or ""), self._near)
        self._hits += wanted is not None
        return _ABSENT if wanted is None else wanted

    def _number(self, shape: Schema, name: str, *, required: bool, depth: int) -> Any:
        whole = kind_of(shape) == "integer"
        number = number_for(name, self._near, self._used_numbers)
        if number is None and required and "default" not in shape:
            fact = self._fact(name, shape)
            if isinstance(fact, int | float) and not isinstance(fact, bool):
                return fit_number(fact, shape, whole=whole)
            number = next_number(self._near, self._used_numbers)
        if number is None:
            return _ABSENT
        self._used_numbers.add((number.start, number.end))
        self._hits += 1
        return fit_number(number.value, shape, whole=whole)

    def _string(self, shape: Schema, name: str, *, required: bool, depth: int) -> Any:
        ignored = self._source.ignored
        near = self._unused(texts_for(name, shape, self._near, ignored))
        if near is not None:
            return self._use(near)
        if not required:
            return _ABSENT
        fact = self._fact(name, shape)
        if isinstance(fact, str) and fact and "pattern" not in shape and "format" not in shape:
            return fit_length(fact, shape)
        far = self._unused(texts_for(name, shape, self._far, ignored))
        return _ABSENT if far is None else self._use(far)

    def _unused(self, candidates: Iterable[str]) -> str | None:
        return next((text for text in candidates if text not in self._used_texts), None)

    def _use(self, text: str) -> str:
        self._used_texts.add(text)
        self._hits += 1
        return text

    def _fact(self, name: str, shape: Schema) -> Any:
        """An earlier result under the same name, or under one that plays the same part."""
        facts = self._source.facts
        if name in facts:
            return facts[name]
        role = role_of(name, str(shape.get("description") or ""))
        if role is None or role is Role.TEXT:
            return None
        return next((value for key, value in facts.items() if role_of(key, "") is role), None)

    def _stand_in(self, shape: Schema, kind: str, name: str, *, spent: bool) -> Any:
        match kind:
            case "object":
                return {}
            case "array":
                return []
            case "boolean":
                return False
            case "number" | "integer":
                return fit_number(0, shape, whole=kind == "integer")
        if spent or "format" in shape or "pattern" in shape:
            return stand_in_text(shape)
        return fit_length(self._any_text(shape, name), shape)

    def _any_text(self, shape: Schema, name: str) -> str:
        role = role_of(name, str(shape.get("description") or ""))
        if role in (Role.TEXT, Role.TOPIC):
            return self._source.prose or UNSPECIFIED
        if role in (None, Role.CODE, Role.TARGET, Role.ORIGIN):
            leftover = self._unused(leftover_texts(self._near, self._source.ignored))
            if leftover is not None:
                return self._use(leftover)
        if role is None:
            return self._source.prose or UNSPECIFIED
        return UNSPECIFIED
