"""JSON schema in, one plain object or value schema out.

Follows local references, merges allOf, picks the first branch of anyOf and oneOf that is no null,
and drops the nulls that some SDKs write for absent keywords. Knows nothing of the text.
"""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]
_MAX_HOPS = 16
_MAX_BRANCHES = 64


def settle(schema: object, root: Schema) -> dict[str, Any]:
    """The schema with nothing left to choose or to look up at its own level."""
    settled = _present(schema)
    for _ in range(_MAX_HOPS):
        if "$ref" in settled:
            target = _target(str(settled.pop("$ref")), root)
            settled = {**target, **settled}
        elif "allOf" in settled:
            for part in branches(settled.pop("allOf")):
                settled = _merged(settled, part)
        elif "anyOf" in settled or "oneOf" in settled:
            keyword = "anyOf" if "anyOf" in settled else "oneOf"
            choices = branches(settled.pop(keyword))
            settled = _merged(settled, _first_real(choices))
        else:
            return settled
    return {key: settled[key] for key in settled if key not in ("$ref", "allOf", "anyOf", "oneOf")}


def branches(value: object) -> list[dict[str, Any]]:
    return [_present(part) for part in value[:_MAX_BRANCHES]] if isinstance(value, list) else []


def admits_null(schema: object, root: Schema) -> bool:
    shown = _present(schema)
    for _ in range(_MAX_HOPS):
        if "$ref" not in shown:
            break
        shown = _target(str(shown["$ref"]), root)
    kinds = shown.get("type")
    if kinds == "null" or (isinstance(kinds, list) and "null" in kinds):
        return "enum" not in shown or None in shown["enum"]
    choices = branches(shown.get("anyOf")) + branches(shown.get("oneOf"))
    return any(choice.get("type") == "null" for choice in choices)


def kind_of(schema: Schema) -> str:
    """The JSON type to produce; guessed from the keywords where none is named."""
    kinds = schema.get("type")
    if isinstance(kinds, list):
        kinds = next((kind for kind in kinds if kind != "null"), "null")
    if isinstance(kinds, str):
        return kinds
    for keyword, kind in _KIND_BY_KEYWORD.items():
        if keyword in schema:
            return kind
    return "string"


def properties_of(schema: Schema) -> dict[str, Any]:
    properties = schema.get("properties")
    return dict(properties) if isinstance(properties, Mapping) else {}


def required_of(schema: Schema) -> list[str]:
    required = schema.get("required")
    return (
        [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
    )


_KIND_BY_KEYWORD = {
    "properties": "object",
    "required": "object",
    "items": "array",
    "prefixItems": "array",
    "minItems": "array",
    "minimum": "number",
    "maximum": "number",
    "multipleOf": "number",
}


def _present(schema: object) -> dict[str, Any]:
    if not isinstance(schema, Mapping):
        return {}
    return {
        key: value
        for key, value in schema.items()
        if value is not None or key in ("const", "default")
    }


def _target(reference: str, root: Schema) -> dict[str, Any]:
    target: object = root
    for step in reference.removeprefix("#").strip("/").split("/"):
        if step and isinstance(target, Mapping):
            target = target.get(step.replace("~1", "/").replace("~0", "~"))
    return _present(target)


def _first_real(choices: list[dict[str, Any]]) -> dict[str, Any]:
    return next((choice for choice in choices if choice.get("type") != "null"), {})


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Both at once: properties and required add up, the stricter bound stays."""
    merged = {**one, **other}
    if "properties" in one and "properties" in other:
        merged["properties"] = {**properties_of(one), **properties_of(other)}
    if "required" in one and "required" in other:
        merged["required"] = list(dict.fromkeys([*required_of(one), *required_of(other)]))
    for keyword, stricter in (
        ("minimum", max),
        ("maximum", min),
        ("minLength", max),
        ("maxLength", min),
        ("minItems", max),
        ("maxItems", min),
    ):
        bounds = [side[keyword] for side in (one, other) if _is_number(side.get(keyword))]
        if bounds:
            merged[keyword] = stricter(bounds)
        else:
            merged.pop(keyword, None)
    return merged
