"""Why an answer ended, from the words that providers have for it. Pure."""

from typing import Final

from pegboard.llm.gateway import FinishReason

_REASONS: Final = {
    "stop": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "tool_calls": FinishReason.TOOL_CALLS,
    "function_call": FinishReason.TOOL_CALLS,
    "content_filter": FinishReason.CONTENT_FILTER,
}


def finish_reason(word: str) -> FinishReason:
    """A word of a provider's own is its way to say that the model was done."""
    return _REASONS.get(word, FinishReason.STOP)
