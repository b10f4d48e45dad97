"""Bodies of version 1 → bodies of version 2. Pure."""

import json
from typing import Any

JsonObject = dict[str, Any]


def from_v1(body: Any) -> Any:
    """A body in today's words. What is no object is left for the endpoint to refuse."""
    if not isinstance(body, dict):
        return body
    told = dict(body)
    if isinstance(told.get("metadata"), dict):
        told["metadata"] = {key: _text(value) for key, value in told["metadata"].items()}
    if isinstance(told.get("tools"), list):
        told["tools"] = [_tool(tool) for tool in told["tools"]]
    if "file_ids" in told:
        told |= _files(told.pop("file_ids"), message="role" in told)
    for name in ("messages", "additional_messages"):
        if isinstance(told.get(name), list):
            told[name] = [from_v1(message) for message in told[name]]
    if isinstance(told.get("thread"), dict):
        told["thread"] = from_v1(told["thread"])
    return told


def _text(value: Any) -> Any:
    """Clients of that time sent numbers and booleans."""
    return json.dumps(value) if isinstance(value, bool | int | float) else value


def _tool(tool: Any) -> Any:
    if isinstance(tool, dict) and tool.get("type") == "retrieval":
        return {"type": "file_search"}
    return tool


def _files(file_ids: Any, *, message: bool) -> JsonObject:
    if not isinstance(file_ids, list):
        return {}
    if message:
        tools = [{"type": "file_search"}]
        return {"attachments": [{"file_id": one, "tools": tools} for one in file_ids]}
    resources: JsonObject = {"code_interpreter": {"file_ids": file_ids}}
    if file_ids:
        resources["file_search"] = {"vector_stores": [{"file_ids": file_ids}]}
    return {"tool_resources": resources}
