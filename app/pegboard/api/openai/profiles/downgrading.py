"""Objects of version 2 → the same as version 1 showed them. Pure."""

from typing import Any, Final

from pegboard.api.openai.profiles import Profile
from pegboard.api.openai.wire.runs import EXPIRES_AFTER

JsonObject = dict[str, Any]

_NEW_OF_ASSISTANT: Final = (
    "tool_resources",
    "top_p",
    "temperature",
    "reasoning_effort",
    "response_format",
)
_NEW_OF_MESSAGE: Final = (
    "attachments",
    "status",
    "incomplete_details",
    "completed_at",
    "incomplete_at",
)
_NEW_OF_RUN: Final = (
    *_NEW_OF_ASSISTANT,
    "incomplete_details",
    "max_prompt_tokens",
    "max_completion_tokens",
    "truncation_strategy",
    "tool_choice",
    "parallel_tool_calls",
)
_CODES: Final = frozenset({"server_error", "rate_limit_exceeded"})
_RUBY_NAMES: Final = {
    "thread.run": "assistant.run",
    "thread.run.step": "assistant.run.step",
}


def downgrade_event(name: str) -> str:
    """The name of a stream's event: there was none for a run that its budget cut short."""
    return "thread.run.completed" if name == "thread.run.incomplete" else name


def downgrade(value: Any, profile: Profile) -> Any:
    """An object, or a list of objects, in the words of an older client."""
    if not isinstance(value, dict):
        return value
    match value.get("object"):
        case "list":
            value = {**value, "data": [downgrade(one, profile) for one in value["data"]]}
        case "assistant":
            value = _assistant(value)
        case "thread":
            value = _without(value, ("tool_resources",))
        case "thread.message":
            value = _message(value)
        case "thread.run":
            value = _run(value)
        case "thread.run.step":
            value = _step(value)
        case "thread.run.step.delta":
            details = _details(value["delta"]["step_details"])
            value = {**value, "delta": {**value["delta"], "step_details": details}}
    return _for_ruby(value) if profile is Profile.RUBY else value


def _for_ruby(value: JsonObject) -> JsonObject:
    """Its validator knows other names, and no run without a time at which it would have expired."""
    name = value.get("object")
    if name == "thread.run" and value["expires_at"] is None:
        value = {**value, "expires_at": value["created_at"] + EXPIRES_AFTER}
    return {**value, "object": _RUBY_NAMES[name]} if name in _RUBY_NAMES else value


def _assistant(assistant: JsonObject) -> JsonObject:
    return {
        **_without(assistant, _NEW_OF_ASSISTANT),
        "tools": _tools(assistant["tools"]),
        "file_ids": _files(assistant["tool_resources"]),
    }


def _message(message: JsonObject) -> JsonObject:
    attached = message.get("attachments") or ()
    return {
        **_without(message, _NEW_OF_MESSAGE),
        "file_ids": [one["file_id"] for one in attached],
    }


def _run(run: JsonObject) -> JsonObject:
    """There was no word for a run that its budget cut short: what it wrote was its answer."""
    status = "completed" if run["status"] == "incomplete" else run["status"]
    return {
        **_without(run, _NEW_OF_RUN),
        "status": status,
        "last_error": _error(run["last_error"]),
        "tools": _tools(run["tools"]),
        "file_ids": _files(run["tool_resources"]),
    }


def _step(step: JsonObject) -> JsonObject:
    details = _details(step["step_details"])
    return {**step, "step_details": details, "last_error": _error(step["last_error"])}


def _details(details: JsonObject) -> JsonObject:
    if details["type"] != "tool_calls":
        return details
    return {**details, "tool_calls": [_call(call) for call in details["tool_calls"]]}


def _call(call: JsonObject) -> JsonObject:
    if call["type"] != "file_search":
        return call
    place = {"index": call["index"]} if "index" in call else {}
    return {**place, "id": call["id"], "type": "retrieval", "retrieval": {}}


def _tools(tools: list[JsonObject]) -> list[JsonObject]:
    return [{"type": "retrieval"} if tool["type"] == "file_search" else tool for tool in tools]


def _files(resources: JsonObject) -> list[str]:
    ids: list[str] = (resources.get("code_interpreter") or {}).get("file_ids") or []
    return ids


def _error(error: JsonObject | None) -> JsonObject | None:
    if error is None or error["code"] in _CODES:
        return error
    return {**error, "code": "server_error"}


def _without(body: JsonObject, names: tuple[str, ...]) -> JsonObject:
    return {key: value for key, value in body.items() if key not in names}
