"""How much a model is to think, from what a caller may say of it. Pure."""

from dataclasses import dataclass
from typing import Any, Final

from pegboard.llm.gateway import JsonObject

_EFFORTS: Final = frozenset({"none", "minimal", "low", "medium", "high", "xhigh", "max"})


@dataclass(frozen=True, slots=True)
class RequestedThinking:
    """An effort by its name, or a budget in the shape of Anthropic's `thinking`; never both."""

    effort: str | None = None
    budget: dict[str, Any] | None = None


def requested_thinking(thinking: JsonObject) -> RequestedThinking:
    effort = thinking.get("effort") or thinking.get("reasoning_effort")
    tokens = thinking.get("budget_tokens") or thinking.get("max_tokens")
    if effort in _EFFORTS:
        return RequestedThinking(effort=effort)
    if "type" in thinking:
        return RequestedThinking(budget=dict(thinking))
    if isinstance(tokens, int):
        return RequestedThinking(budget={"type": "enabled", "budget_tokens": tokens})
    return RequestedThinking(effort="medium")
