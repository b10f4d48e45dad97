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
    fields = given(value, *_FIELDS)
    if isinstance(fields.get("tools"), list):
        fields["tools"] = [_tool(tool) for tool in fields["tools"]]
    if value.get("response_format") is not None:
        fields["response_format"] = _schema_named(value["response_format"])
    made = {"name": "", **AssistantIn.model_validate(fields).changes()}
    made["tool_resources"] = resources_of(value)
    assistant = await assistants.create(scope, **made)
    assistant.id = names.object_id(item.original_id)
    assistant.created_at = assistant.updated_at = moment(item.value["created_at"])


def resources_of(value: JsonDict) -> ToolResources | None:
    """What an object is given to work with. Raises Skip."""
    resources = value.get("tool_resources")
    if resources is None:
        return None
    if not isinstance(resources, dict):
        raise Skip("tool_resources are no object")
    taken: JsonDict = {}
    for tool, field in (("code_interpreter", "file_ids"), ("file_search", "vector_store_ids")):
        tool_value = resources.get(tool)
        if tool_value is None:
            continue
        ids = (tool_value.get(field) or []) if isinstance(tool_value, dict) else None
        if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
            raise Skip(f"tool_resources.{tool}.{field} is no list of ids")
        taken[tool] = {field: ids}
    return tool_resources.from_json(taken)


def _tool(tool: Any) -> Any:
    """Nulls are what an SDK's object has where nothing was given."""
    if not isinstance(tool, dict):
        return tool
    return {key: _tool(value) for key, value in tool.items() if value is not None}


def _schema_named(form: Any) -> Any:
    """SDKs call a field `schema_` that is `schema` on the wire, and write it so into JSON."""
    schema = form.get("json_schema") if isinstance(form, dict) else None
    if not isinstance(schema, dict):
        return form
    renamed = {key: value for key, value in schema.items() if key != "schema_"}
    if "schema_" in schema:
        renamed["schema"] = schema["schema_"]
    return {**form, "json_schema": renamed}
