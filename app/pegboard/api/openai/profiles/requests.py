"""Bodies of version 1 → bodies of version 2. Pure."""

import json
from typing import Any

JsonObject = dict[str, Any]


def from_v1(body: Any) -> Any:
    """A body in today's words. What is no object is left for the endpoint to refuse."""
    if not isinstance(body, dict):
        return body
    translated = dict(body)
    if isinstance(translated.get("metadata"), dict):
        translated["metadata"] = {
            key: _text(value) for key, value in translated["metadata"].items()
        }
    if isinstance(translated.get("tools"), list):
        translated["tools"] = [_tool(tool) for tool in translated["tools"]]
    if "file_ids" in translated:
        translated |= _files(translated.pop("file_ids"), message="role" in translated)
    for name in ("messages", "additional_messages"):
        if isinstance(translated.get(name), list):
            translated[name] = [from_v1(message) for message in translated[name]]
    if isinstance(translated.get("thread"), dict):
        translated["thread"] = from_v1(translated["thread"])
    return translated


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
