"""Objects of version 2 → the same as version 1 told them. Pure."""

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


def older_event(name: str) -> str:
    """The name of a stream's event: there was none for a run that its budget cut short."""
    return "thread.run.completed" if name == "thread.run.incomplete" else name


def older(told: Any, profile: Profile) -> Any:
    """An object, or a list of objects, in the words of an older client."""
    if not isinstance(told, dict):
        return told
    match told.get("object"):
        case "list":
            told = {**told, "data": [older(one, profile) for one in told["data"]]}
        case "assistant":
            told = _assistant(told)
        case "thread":
            told = _without(told, ("tool_resources",))
        case "thread.message":
            told = _message(told)
        case "thread.run":
            told = _run(told)
        case "thread.run.step":
            told = _step(told)
        case "thread.run.step.delta":
            details = _details(told["delta"]["step_details"])
            told = {**told, "delta": {**told["delta"], "step_details": details}}
    return _for_ruby(told) if profile is Profile.RUBY else told


def _for_ruby(told: JsonObject) -> JsonObject:
    """Its validator knows other names, and no run without a time at which it would have expired."""
    name = told.get("object")
    if name == "thread.run" and told["expires_at"] is None:
        told = {**told, "expires_at": told["created_at"] + EXPIRES_AFTER}
    return {**told, "object": _RUBY_NAMES[name]} if name in _RUBY_NAMES else told


def _assistant(told: JsonObject) -> JsonObject:
    return {
        **_without(told, _NEW_OF_ASSISTANT),
        "tools": _tools(told["tools"]),
        "file_ids": _files(told["tool_resources"]),
    }


def _message(told: JsonObject) -> JsonObject:
    attached = told.get("attachments") or ()
    return {
        **_without(told, _NEW_OF_MESSAGE),
        "file_ids": [one["file_id"] for one in attached],
    }


def _run(told: JsonObject) -> JsonObject:
    """There was no word for a run that its budget cut short: what it said was its answer."""
    status = "completed" if told["status"] == "incomplete" else told["status"]
    return {
        **_without(told, _NEW_OF_RUN),
        "status": status,
        "last_error": _error(told["last_error"]),
        "tools": _tools(told["tools"]),
        "file_ids": _files(told["tool_resources"]),
    }


def _step(told: JsonObject) -> JsonObject:
    details = _details(told["step_details"])
    return {**told, "step_details": details, "last_error": _error(told["last_error"])}


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
    kept: list[str] = (resources.get("code_interpreter") or {}).get("file_ids") or []
    return kept


def _error(told: JsonObject | None) -> JsonObject | None:
    if told is None or told["code"] in _CODES:
        return told
    return {**told, "code": "server_error"}


def _without(told: JsonObject, names: tuple[str, ...]) -> JsonObject:
    return {key: value for key, value in told.items() if key not in names}
