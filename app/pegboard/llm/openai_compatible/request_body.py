"""A request in the words of chat completions, as the endpoint that it goes to reads them. Pure."""

import re
from typing import Any, Final

import msgspec

from pegboard.llm.chat_messages import (
    chat_messages,
    chat_tools,
    response_format,
    routing_preferences,
)
from pegboard.llm.gateway import GenerationOptions, ModelRequest, UserTurn
from pegboard.llm.openai_compatible.endpoints import Endpoint, Feature, Thinking
from pegboard.llm.price_table import PricedModel
from pegboard.llm.providers import find_provider
from pegboard.llm.reasoning_shapes import reasoning_shape
from pegboard.llm.requested_thinking import requested_thinking

_REASONING_MODEL: Final = re.compile(r"(?:ft:)?(?:o\d|gpt-[5-9])(?!.*-chat)")
_EARLY_REASONING: Final = re.compile(r"(?:ft:)?o\d")
# OpenAI's that are asked by its other API, which litellm translates to.
_RESPONSES_ONLY: Final = re.compile(r"-pro\b|codex|deep-research|computer-use")

_SWITCHED_ON: Final = {"type": "enabled"}

encode: Final = msgspec.json.Encoder(enc_hook=dict).encode


def is_expressible(request: ModelRequest, endpoint: Endpoint, priced: PricedModel | None) -> bool:
    """Whether all that is requested can be said to this endpoint without litellm's help."""
    features = _features(request)
    if features & endpoint.untranslated:
        return False
    provider = find_provider(request.model.provider).litellm
    by_effort = endpoint.thinking in {Thinking.EFFORT, Thinking.EFFORT_IF_KNOWN}
    if Feature.THINKING in features and by_effort:
        thinking = requested_thinking(request.options.thinking or {})
        if thinking.effort is None:
            return False
    if provider != "openai":
        return True
    if priced is None:
        by_the_other_api = bool(_RESPONSES_ONLY.search(request.model.name))
    else:
        by_the_other_api = priced.mode != "chat"
    # Of the newer ones, tools and an effort go together in the other API only.
    both = Feature.THINKING in features and bool(request.prompt.tools)
    return not by_the_other_api and not (both and _reasons(request.model.name))


def request_body(request: ModelRequest, endpoint: Endpoint, priced: PricedModel | None) -> bytes:
    """`priced` is the model as the table knows it, if it does."""
    provider, name = find_provider(request.model.provider).litellm, request.model.name
    options = request.options
    body: dict[str, Any] = {
        "model": name if endpoint.keeps_prefix else name.removeprefix(f"{provider}/"),
        "messages": chat_messages(request.prompt, reasoning_shape(provider)),
    }
    if request.streaming:
        body["stream"] = True
        if endpoint.requests_usage:
            body["stream_options"] = {"include_usage": True}
    if request.prompt.tools:
        body["tools"] = chat_tools(request.prompt.tools)
        body["tool_choice"] = options.tool_choice
        if not options.parallel_tool_calls:
            body["parallel_tool_calls"] = False
    body |= {
        "max_tokens": options.max_output_tokens,
        "temperature": options.temperature,
        "top_p": options.top_p,
        "stop": list(options.stop) or None,
        "response_format": response_format(options),
        **_thinking(options, endpoint, known=_is_known_to_reason(provider, name, priced)),
    }
    if body.get("thinking") == _SWITCHED_ON:
        _put_in_what_must_not_be_missing(body["messages"])
    if provider == "openai" and _reasons(name):
        _leave_out_what_reasoning_refuses(body, name)
    if provider == "openrouter":
        body["usage"] = {"include": True}
        body["provider"] = routing_preferences(options.routing) if options.routing else None
    return encode({field: value for field, value in body.items() if value is not None})


def _features(request: ModelRequest) -> frozenset[Feature]:
    options, tools = request.options, bool(request.prompt.tools)
    users = (turn for turn in request.prompt.turns if isinstance(turn, UserTurn))
    used = {
        Feature.IMAGES: any(turn.images for turn in users),
        Feature.SCHEMA: options.json_schema is not None,
        Feature.THINKING: bool(options.thinking),
        Feature.TOOL_CHOICE: tools and options.tool_choice not in (None, "auto", "none"),
        Feature.TOOLS_AND_FORMAT: tools and response_format(options) is not None,
    }
    return frozenset(feature for feature, is_used in used.items() if is_used)


def _thinking(options: GenerationOptions, endpoint: Endpoint, *, known: bool) -> dict[str, Any]:
    if not options.thinking:
        return {}
    thinking = requested_thinking(options.thinking)
    match endpoint.thinking:
        case Thinking.NOT:
            return {}
        case Thinking.EFFORT:
            return {"reasoning_effort": thinking.effort}
        case Thinking.EFFORT_IF_KNOWN:
            return {"reasoning_effort": thinking.effort} if known else {}
        case Thinking.SWITCH:
            off = thinking.effort == "none" or (thinking.budget or {}).get("type") == "disabled"
            return {"thinking": {"type": "disabled"} if off else _SWITCHED_ON}
        case Thinking.OBJECT:
            if thinking.budget is None:
                effort = "xhigh" if thinking.effort == "max" else thinking.effort
                return {"reasoning": {"effort": effort}}
            if thinking.budget.get("type") == "disabled":
                return {"reasoning": {"enabled": False}}
            tokens = thinking.budget.get("budget_tokens")
            return {"reasoning": {"max_tokens": tokens} if tokens else {"enabled": True}}


def _is_known_to_reason(provider: str, name: str, priced: PricedModel | None) -> bool:
    if priced is not None:
        return priced.supports_reasoning
    return provider == "openai" and _reasons(name)


def _reasons(name: str) -> bool:
    return _REASONING_MODEL.match(name.removeprefix("openai/")) is not None


def _put_in_what_must_not_be_missing(messages: list[dict[str, Any]]) -> None:
    """DeepSeek, once it thinks, answers 400 to an earlier turn without; a blank will do."""
    for message in messages:
        if message["role"] == "assistant":
            message.setdefault("reasoning_content", " ")


def _leave_out_what_reasoning_refuses(body: dict[str, Any], name: str) -> None:
    """Models of OpenAI's that reason answer 400 to what steers the others."""
    body["max_completion_tokens"] = body.pop("max_tokens")
    body["top_p"] = body["stop"] = None
    if body["temperature"] != 1:
        body["temperature"] = None
    if _EARLY_REASONING.match(name.removeprefix("openai/")):
        body.pop("parallel_tool_calls", None)
