"""A request and what will be answered in, the reasoning to show before it out."""

from pegboard.english.words import excerpt
from pegboard.llm.gateway import ModelRequest, ToolCall
from pegboard.llm.sandbox.conversation import results_since_user, user_text

_DISABLED = (("type", "disabled"), ("effort", "none"), ("enabled", False), ("budget_tokens", 0))


def reasoning_for(request: ModelRequest, calls: tuple[ToolCall, ...]) -> str:
    """Two sentences, or "" where no thinking was asked for."""
    thinking = request.options.thinking
    if not thinking or any(key in thinking and thinking[key] == value for key, value in _DISABLED):
        return ""
    typed = excerpt(user_text(request.prompt.turns))
    return f'The user wrote "{typed}". {_intention(request, calls)}'


def _intention(request: ModelRequest, calls: tuple[ToolCall, ...]) -> str:
    prompt = request.prompt
    if calls:
        return f"I will call {', '.join(dict.fromkeys(call.name for call in calls))}."
    if results_since_user(prompt.turns):
        return "I will repeat what the tools returned."
    if prompt.passages:
        return "I will look for an answer in the passages I was given."
    if prompt.memories:
        return "I will look for an answer in what I remember."
    return "I will reply in a few plain words."
