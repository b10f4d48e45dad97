"""Schema in, the plainest value that is valid against it out; used where the text gives none."""

import math
from typing import Any

from pegboard.llm.sandbox.patterns import example
from pegboard.llm.sandbox.schemas import Schema

UNSPECIFIED = "unspecified"

_FORMATS = {
    "date": "2000-01-01",
    "date-time": "2000-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "duration": "P1D",
    "email": "someone@example.com",
    "idn-email": "someone@example.com",
    "hostname": "example.com",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "iri": "https://example.com/",
    "uri-reference": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "json-pointer": "/",
    "regex": ".*",
}
_MAX_PADDING = 4_000
_LARGEST = 1e30


def given_by_schema(schema: Schema) -> tuple[Any, ...]:
    """What the schema itself proposes, best first; empty where it proposes nothing."""
    if "const" in schema:
        return (schema["const"],)
    options = schema.get("enum")
    listed = options if isinstance(options, list) else []
    if "default" in schema and (not listed or schema["default"] in listed):
        return (schema["default"],)
    if listed:
        return tuple(listed)
    examples = schema.get("examples")
    return tuple(examples[:1]) if isinstance(examples, list) else ()


def stand_in_text(schema: Schema) -> str:
    if isinstance(form := schema.get("format"), str) and form in _FORMATS:
        return _FORMATS[form]
    if isinstance(pattern := schema.get("pattern"), str):
        return fit_length(example(pattern), schema)
    return fit_length(UNSPECIFIED, schema)


def fit_length(text: str, schema: Schema) -> str:
    """The text cut or padded to what the schema allows."""
    longest = schema.get("maxLength")
    if isinstance(longest, int) and len(text) > longest:
        text = text[: max(longest, 0)]
    shortest = schema.get("minLength")
    if isinstance(shortest, int) and len(text) < shortest:
        text = text.ljust(min(shortest, _MAX_PADDING), text[-1:] if text[-1:].isalnum() else "x")
    return text


def fit_number(value: float, schema: Schema, *, whole: bool) -> int | float:
    """The nearest number that the schema allows; the value where its bounds are past counting."""
    try:
        return _fitted(value, schema, whole=whole)
    except OverflowError:
        return value


def _fitted(value: float, schema: Schema, *, whole: bool) -> int | float:
    low, high = _bounds(schema, whole=whole)
    step = schema.get("multipleOf")
    fitted = min(max(value, low), high)
    if isinstance(fitted, float) and abs(fitted) > _LARGEST:
        return int(fitted) if whole and math.isfinite(fitted) else fitted
    if isinstance(step, int | float) and not isinstance(step, bool) and step > 1e-30:
        fitted = _on_step(fitted, low, high, step)
    if whole:
        return int(fitted) if fitted == int(fitted) else _rounded_inside(fitted, low, high)
    return int(fitted) if fitted == int(fitted) and abs(fitted) < 1e15 else fitted


def _bounds(schema: Schema, *, whole: bool) -> tuple[float, float]:
    low, high = -math.inf, math.inf
    nudge = 1 if whole else 0.5
    for keyword in ("minimum", "exclusiveMinimum"):
        bound = schema.get(keyword)
        if isinstance(bound, int | float) and not isinstance(bound, bool):
            low = max(low, bound if keyword == "minimum" else bound + nudge)
    for keyword in ("maximum", "exclusiveMaximum"):
        bound = schema.get(keyword)
        if isinstance(bound, int | float) and not isinstance(bound, bool):
            high = min(high, bound if keyword == "maximum" else bound - nudge)
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if low > high and isinstance(above, int | float) and isinstance(below, int | float):
        low = high = (above + below) / 2
    return low, high


def _on_step(value: float, low: float, high: float, step: float) -> float:
    nearest = round(value / step) * step
    if nearest < low:
        nearest = math.ceil(low / step) * step
    if nearest > high:
        nearest = math.floor(high / step) * step
    return nearest


def _rounded_inside(value: float, low: float, high: float) -> int:
    nearest = math.floor(value)
    if nearest < low:
        nearest = math.ceil(value)
    return nearest if nearest <= high else math.floor(high)
