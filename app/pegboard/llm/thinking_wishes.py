"""How much a model is to think, from what a caller may say of it. Pure."""

from dataclasses import dataclass
from typing import Any, Final

from pegboard.llm.gateway import JsonObject

_EFFORTS: Final = frozenset({"none", "minimal", "low", "medium", "high", "xhigh", "max"})


@dataclass(frozen=True, slots=True)
class ThinkingWish:
    """An effort by its name, or a budget in the shape of Anthropic's `thinking`; never both."""

    effort: str | None = None
    budget: dict[str, Any] | None = None


def thinking_wish(told: JsonObject) -> ThinkingWish:
    effort = told.get("effort") or told.get("reasoning_effort")
    tokens = told.get("budget_tokens") or told.get("max_tokens")
    if effort in _EFFORTS:
        return ThinkingWish(effort=effort)
    if "type" in told:
        return ThinkingWish(budget=dict(told))
    if isinstance(tokens, int):
        return ThinkingWish(budget={"type": "enabled", "budget_tokens": tokens})
    return ThinkingWish(effort="medium")
