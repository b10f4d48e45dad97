"""A request for JSON in, JSON text out: valid against the schema, filled from the message."""

import json
import re
from collections.abc import Mapping
from typing import Any

from pegboard.english.words import within_reach
from pegboard.llm.gateway import JsonObject
from pegboard.llm.sandbox.arguments import Source, value_for

_NAMED_KEYS = re.compile(
    r"\b(?:keys?|fields?|properties|attributes)\b(?: (?:named|called|of|are))?:?\s+"
    r"([\"'`]?[A-Za-z_][\w-]*[\"'`]?(?:(?:,? and |, ?)[\"'`]?[A-Za-z_][\w-]*[\"'`]?){0,30})",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"(?:^|_)(?:age|count|number|price|year|total|quantity|amount|score|rating)$", re.IGNORECASE
)
_LISTED = re.compile(r"(?:^|_)(?:tags|items|list|names|keywords|points|values)$", re.IGNORECASE)
_WHETHER = re.compile(r"^(?:is|has|can|should)_", re.IGNORECASE)


def json_answer(request: str, prose: str, schema: JsonObject | None) -> str:
    """`request` is the user's message, `prose` what would have been replied to it in words."""
    near = within_reach(request)
    wanted = _bare(schema) if schema is not None else _schema_of_named_keys(near)
    if wanted is None:
        return json.dumps({"reply": prose}, ensure_ascii=False)
    source = Source(text=near, whole=near, prose=prose)
    return json.dumps(value_for(wanted, source), ensure_ascii=False)


def _bare(schema: JsonObject) -> JsonObject:
    """The schema itself, where it came in the envelope that carries its name."""
    inner = schema.get("schema")
    if isinstance(inner, Mapping) and "type" not in schema and "properties" not in schema:
        return inner
    return schema


def _schema_of_named_keys(request: str) -> dict[str, Any] | None:
    named = _NAMED_KEYS.search(request)
    if not named:
        return None
    listed = re.split(r",? and |, ?", named.group(1))
    keys = list(dict.fromkeys(key.strip("\"'`") for key in listed))
    return {
        "type": "object",
        "properties": {key: _schema_of(key) for key in keys},
        "required": keys,
    }


def _schema_of(key: str) -> dict[str, Any]:
    if _COUNTED.search(key):
        return {"type": "number"}
    if _LISTED.search(key):
        return {"type": "array", "items": {"type": "string"}}
    return {"type": "boolean" if _WHETHER.match(key) else "string"}
