"""Arguments are valid against their schema and say what the text says."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pegboard.llm.sandbox.arguments import Source, value_for
from tests.support.deadlines import Effort

TREE: dict[str, Any] = {
    "type": "object",
    "properties": {"root": {"$ref": "#/$defs/node"}},
    "required": ["root"],
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "label": {"type": "string"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
            },
            "required": ["label", "children"],
        }
    },
}


def filled(schema: dict[str, Any], text: str) -> Any:
    return value_for(schema, Source(text=text, whole=text, prose=text))


@pytest.mark.parametrize(
    ("name", "schema", "text", "expected"),
    [
        ("unit", {"enum": ["celsius", "fahrenheit"]}, "in °F please", "fahrenheit"),
        ("unit", {"enum": ["c", "f"], "default": "c"}, "the weather", "c"),
        ("level", {"type": "integer", "enum": [1, 2, 3]}, "raise it to 2", 2),
        ("days", {"type": "integer", "maximum": 7}, "3 cities over 10 days", 7),
        ("max_price", {"type": "number"}, "two rooms under 99.50", 99.5),
        ("alerts", {"type": "boolean"}, "the forecast without alerts", False),
        ("include_alerts", {"type": "boolean"}, "the forecast with alerts", True),
        (
            "cities",
            {"type": "array", "items": {"type": "string"}},
            "in Rome and Oslo",
            ["Rome", "Oslo"],
        ),
        (
            "items",
            {"type": "array", "items": {"type": "string"}},
            "Add milk, eggs and bread",
            ["milk", "eggs", "bread"],
        ),
        ("values", {"type": "array", "items": {"type": "number"}}, "sum 1, 2 and 3.5", [1, 2, 3.5]),
        ("when", {"type": "string"}, "a table tomorrow", "tomorrow"),
        ("date", {"type": "string", "format": "date"}, "on 2026-02-03", "2026-02-03"),
        ("contact", {"type": "string", "format": "email"}, "to a@b.example", "a@b.example"),
        (
            "link",
            {"type": "string", "format": "uri"},
            "read https://a.example/x.",
            "https://a.example/x",
        ),
        ("order_id", {"type": "string", "pattern": "^ORD-\\d{3}$"}, "track ORD-123", "ORD-123"),
        ("order_id", {"type": "string", "pattern": "^ORD-\\d{3}$"}, "track it", "ORD-000"),
        ("title", {"type": "string"}, 'create a task "Buy milk"', "Buy milk"),
        ("title", {"type": "string"}, "create a task called Buy milk", "Buy milk"),
        ("from", {"type": "string"}, "between Paris and Rome", "Paris"),
        ("to", {"type": "string"}, "between Paris and Rome", "Rome"),
        ("target_language", {"type": "string"}, "translate it into French", "French"),
        ("expression", {"type": "string"}, "What is 3 + 5 * 2?", "3 + 5 * 2"),
        ("note", {"type": ["string", "null"]}, 'note: "x"', "x"),
        ("city", {"anyOf": [{"type": "null"}, {"type": "string"}]}, "in Oslo", "Oslo"),
        ("size", {"type": ["integer", "null"]}, "nothing said", None),
        ("kind", {"const": "fixed"}, "anything", "fixed"),
        ("count", {"type": "integer", "minimum": 5, "enum": None}, "nothing", 5),
        ("title", {"type": "string", "minLength": 5}, "hm", "hmmmm"),
    ],
)
def test_a_required_property_takes_its_value_from_the_text(
    name: str, schema: dict[str, Any], text: str, expected: Any
) -> None:
    whole = {"type": "object", "properties": {name: schema}, "required": [name]}
    assert filled(whole, text) == {name: expected}


def test_an_optional_property_is_left_out_where_the_text_is_silent() -> None:
    optional = {
        "unit": {"enum": ["celsius", "fahrenheit"]},
        "days": {"type": "integer"},
        "verbose": {"type": "boolean"},
        "date": {"type": "string"},
        "where": {"type": "object", "properties": {"city": {"type": "string"}}},
    }
    assert filled({"type": "object", "properties": optional}, "the weather") == {}


def test_nested_objects_are_filled_too() -> None:
    address = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "number": {"type": "integer"}},
        "required": ["city", "number"],
    }
    schema = {"type": "object", "properties": {"address": address}, "required": ["address"]}
    assert filled(schema, "in Oslo, number 7") == {"address": {"city": "Oslo", "number": 7}}


@pytest.mark.parametrize(
    "schema",
    [
        TREE,
        {"$ref": "#"},
        {"allOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(20_000)}},
        {"type": "object", "required": [f"p{n}" for n in range(5_000)]},
        {"type": "string", "pattern": "^(a+)+$"},
        {"type": "array", "items": {"type": "array", "minItems": 50}, "minItems": 50},
    ],
)
def test_no_schema_holds_the_model_up(schema: dict[str, Any]) -> None:
    effort = Effort()
    json.dumps(filled(schema, "in Paris and aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"))
    assert effort.units() < 100


def test_a_recursive_schema_gets_a_valid_value() -> None:
    jsonschema.validate(filled(TREE, "a tree"), TREE)


def bounds(low: str, high: str, most: int) -> st.SearchStrategy[dict[str, Any]]:
    pairs = st.tuples(st.integers(0, most), st.integers(0, most)).map(sorted)
    return st.one_of(st.just({}), pairs.map(lambda pair: {low: pair[0], high: pair[1]}))


def with_type(kind: str) -> Any:
    return lambda rest: {"type": kind, **rest}


LEAVES = st.one_of(
    st.sampled_from(
        [
            {"type": "boolean"},
            {"type": "null"},
            {"const": 5},
            {"enum": ["red", "green", 3, None]},
            {"type": ["string", "null"]},
            {"type": "string", "format": "date-time"},
            {"type": "string", "format": "email"},
            {"type": "string", "pattern": "^[A-Z]{2}-[0-9]+$"},
            {"oneOf": [{"type": "integer", "minimum": 3}, {"type": "string"}]},
        ]
    ),
    bounds("minLength", "maxLength", 30).map(with_type("string")),
    bounds("minimum", "maximum", 100).map(with_type("integer")),
    bounds("minimum", "maximum", 100).map(with_type("number")),
)
NAMES = st.sampled_from(["location", "to", "query", "age", "is_open", "tags", "date", "x1", "名"])


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    properties = st.dictionaries(NAMES, inner, max_size=4)
    return st.tuples(properties, st.booleans()).map(
        lambda drawn: {
            "type": "object",
            "properties": drawn[0],
            "required": list(drawn[0]) if drawn[1] else [],
            "additionalProperties": False,
        }
    )


def arrays(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(inner, bounds("minItems", "maxItems", 4)).map(
        lambda drawn: {"type": "array", "items": drawn[0], **drawn[1]}
    )


SCHEMAS = st.recursive(LEAVES, lambda inner: objects(inner) | arrays(inner), max_leaves=8)
TEXTS = st.sampled_from(
    ["", "Weather in Paris and Tokyo on 2026-01-02T03:04", "add 3, 4.5 and -7 to red", "a@b.co"]
) | st.text(max_size=60)


@settings(max_examples=150, deadline=None)
@given(objects(SCHEMAS), TEXTS)
def test_arguments_always_validate(schema: dict[str, Any], text: str) -> None:
    made = filled(schema, text)
    jsonschema.validate(json.loads(json.dumps(made)), schema)
    assert made == filled(schema, text)
