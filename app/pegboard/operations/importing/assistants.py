"""Assistants, of version 2 and of version 1."""

from typing import Any

from pegboard.api.openai.profiles.requests import from_v1
from pegboard.api.openai.wire.assistants import AssistantIn
from pegboard.assistants import operations as assistants
from pegboard.assistants import tool_resources
from pegboard.assistants.tool_resources import ToolResources
from pegboard.db.base import JsonDict
from pegboard.operations.importing.files import moment
from pegboard.operations.importing.import_context import given
from pegboard.operations.importing.lines import Item
from pegboard.operations.importing.names import Names
from pegboard.operations.importing.report import Skip
from pegboard.tenants.scope import Scope

_FIELDS = (
    "name",
    "description",
    "model",
    "instructions",
    "tools",
    "metadata",
    "temperature",
    "top_p",
    "reasoning_effort",
)


async def take_assistant(scope: Scope, item: Item, names: Names) -> None:
    value = from_v1(names.translated(item))
    told = given(value, *_FIELDS)
    if isinstance(told.get("tools"), list):
        told["tools"] = [_tool(tool) for tool in told["tools"]]
    if value.get("response_format") is not None:
        told["response_format"] = _schema_named(value["response_format"])
    made = {"name": "", **AssistantIn.model_validate(told).changes()}
    made["tool_resources"] = resources_of(value)
    assistant = await assistants.create(scope, **made)
    assistant.id = names.object_id(item.original_id)
    assistant.created_at = assistant.updated_at = moment(item.value["created_at"])


def resources_of(value: JsonDict) -> ToolResources | None:
    """What an object is given to work with. Raises Skip."""
    told = value.get("tool_resources")
    if told is None:
        return None
    if not isinstance(told, dict):
        raise Skip("tool_resources are no object")
    kept: JsonDict = {}
    for tool, field in (("code_interpreter", "file_ids"), ("file_search", "vector_store_ids")):
        asked = told.get(tool)
        if asked is None:
            continue
        ids = (asked.get(field) or []) if isinstance(asked, dict) else None
        if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
            raise Skip(f"tool_resources.{tool}.{field} is no list of ids")
        kept[tool] = {field: ids}
    return tool_resources.from_json(kept)


def _tool(tool: Any) -> Any:
    """Nulls are what an SDK's object has where nothing was said."""
    if not isinstance(tool, dict):
        return tool
    return {key: _tool(value) for key, value in tool.items() if value is not None}


def _schema_named(form: Any) -> Any:
    """SDKs call a field `schema_` that is `schema` on the wire, and write it so into JSON."""
    schema = form.get("json_schema") if isinstance(form, dict) else None
    if not isinstance(schema, dict):
        return form
    told = {key: value for key, value in schema.items() if key != "schema_"}
    if "schema_" in schema:
        told["schema"] = schema["schema_"]
    return {**form, "json_schema": told}
