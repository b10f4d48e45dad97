"""Tool definitions: what is accepted, and how each client can read them back."""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from pegboard.api.backboard.clients import Client
from pegboard.api.backboard.wire.limits import MOST_TOOLS, check_size
from pegboard.assistants.tools import FunctionTool, Tools, from_json, to_json
from pegboard.db.base import JsonDict

_NO_PARAMETERS: Final[JsonDict] = {"type": "object", "properties": {}}
_FIRST_KEYWORDS: Final = frozenset({"type", "description", "enum", "properties", "items"})


class FunctionIn(BaseModel):
    model_config = ConfigDict(extra="allow")

    name: Annotated[str, Field(min_length=1, max_length=256)]
    description: str | None = None
    parameters: dict[str, Any] | None = None

    @field_validator("parameters")
    @classmethod
    def _is_object_schema(cls, parameters: dict[str, Any] | None) -> dict[str, Any] | None:
        """What every reader of the schema relies on; the rest of it is the model's business."""
        schema = parameters or {}
        if not isinstance(schema.get("properties"), dict | None):
            raise ValueError("parameters.properties has to be an object")
        required = schema.get("required")
        names = required if isinstance(required, list) else []
        if required is not None and (
            not isinstance(required, list) or not all(isinstance(name, str) for name in names)
        ):
            raise ValueError("parameters.required has to be a list of names")
        return parameters


class ToolIn(BaseModel):
    """A function the assistant may call; unknown keywords are kept."""

    model_config = ConfigDict(extra="allow")

    type: str = "function"
    function: FunctionIn


def _distinct_names(tools: list[ToolIn]) -> list[ToolIn]:
    names = [tool.function.name for tool in tools]
    if len(set(names)) != len(names):
        raise ValueError("two tools have the same function name")
    check_size([tool.model_dump(exclude_unset=True) for tool in tools])
    return tools


# Validation stops at the first error: a list of mistakes costs no more than one.
ToolsIn = Annotated[
    list[ToolIn],
    Field(max_length=MOST_TOOLS, fail_fast=True),
    AfterValidator(_distinct_names),
]


def tools_of(tools: list[ToolIn]) -> Tools:
    """As the client wrote them, with the parameters that clients insist on in answers."""
    stored = [tool.model_dump(exclude_unset=True) for tool in tools]
    for tool in stored:
        tool.setdefault("type", "function")
        tool["function"]["parameters"] = tool["function"].get("parameters") or dict(_NO_PARAMETERS)
    return from_json(stored)


def echoed_tools(tools: Tools | None, client: Client) -> list[JsonDict] | None:
    """Tools, put so that this client's parser accepts them.

    Tools of the other API that are no functions are left out: this API has no word for them.
    """
    if tools is None:
        return None
    functions = to_json(tool for tool in tools if isinstance(tool, FunctionTool))
    if not client.wants_typed_properties:
        return functions
    return [_for_python(tool, strict=client.refuses_extra_keywords) for tool in functions]


def _for_python(tool: JsonDict, *, strict: bool) -> JsonDict:
    function = tool["function"]
    parameters = function["parameters"]
    properties = parameters.get("properties") or {}
    echoed = {name: _typed(schema, strict=strict) for name, schema in properties.items()}
    parameters = {**parameters, "type": "object", "properties": echoed}
    return {**tool, "function": {**function, "parameters": parameters}}


def _typed(schema: Any, *, strict: bool) -> JsonDict:
    """A property's schema with one plain type and an enum of strings.

    Only the outermost level: what is nested in `properties` and `items` the clients take as it is.
    """
    typed = dict(schema) if isinstance(schema, dict) else {}
    kind = typed.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), None)
    typed["type"] = kind if isinstance(kind, str) else "string"
    if isinstance(typed.get("enum"), list):
        typed["enum"] = [one if isinstance(one, str) else str(one) for one in typed["enum"]]
    if not isinstance(typed.get("description"), str | None):
        typed["description"] = str(typed["description"])
    for keyword in ("properties", "items"):
        if not isinstance(typed.get(keyword), dict | None):
            typed.pop(keyword)
    if strict:
        typed = {key: value for key, value in typed.items() if key in _FIRST_KEYWORDS}
    return typed
