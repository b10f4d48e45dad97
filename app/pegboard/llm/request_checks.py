"""What is looked at before a provider is asked, whatever the way to it."""

from typing import Final

from pegboard.llm import failures
from pegboard.llm.gateway import ModelRequest, UserTurn
from pegboard.llm.names import problem_of
from pegboard.llm.providers import (
    IN_THE_BODY,
    find_provider,
    is_known,
    litellm_name,
    provider_word,
)

_FETCH_THEMSELVES: Final = frozenset({"openai", "azure", "openrouter", "xai"})


def checked_name(provider: str, name: str) -> str:
    """The model as litellm routes by it. What is stored is held to the rules of today, too."""
    anything = find_provider(provider).litellm in IN_THE_BODY
    problem = None if anything else problem_of(name)
    if problem or not is_known(provider):
        problem = problem or "must be of a provider that is asked from here"
        raise failures.ModelNotFound(f"model_not_found: the model {problem}")
    return litellm_name(provider, name)


def check_images(request: ModelRequest) -> None:
    """Refuse pictures that would be fetched from within our network.

    litellm fetches those of some providers itself; a server of the operator's may stand beside us.
    """
    provider = provider_word(request.model.provider)
    if provider in _FETCH_THEMSELVES:
        return
    users = (turn for turn in request.prompt.turns if isinstance(turn, UserTurn))
    if any(not image.url.startswith("data:") for turn in users for image in turn.images):
        raise failures.PromptRejected(
            f"Images go to {provider} as data: URLs; this server fetches none."
        )
