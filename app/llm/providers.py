"""Providers: their names here, their names in litellm, and how one sees that they are configured.

Credentials are litellm's own environment variables; they are looked for, never read.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Provider:
    """`litellm` is the prefix litellm routes by; any one of `variables` makes it usable."""

    litellm: str
    variables: tuple[str, ...]


_ANTHROPIC = Provider("anthropic", ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"))
_AZURE = Provider("azure", ("AZURE_API_KEY", "AZURE_API_BASE"))
_BEDROCK = Provider(
    "bedrock", ("AWS_ACCESS_KEY_ID", "AWS_BEARER_TOKEN_BEDROCK", "AWS_PROFILE", "AWS_ROLE_ARN")
)
_FIREWORKS = Provider("fireworks_ai", ("FIREWORKS_AI_API_KEY", "FIREWORKS_API_KEY"))
_GEMINI = Provider("gemini", ("GEMINI_API_KEY", "GOOGLE_API_KEY"))
_TOGETHER = Provider("together_ai", ("TOGETHERAI_API_KEY", "TOGETHER_API_KEY"))
_VERTEX = Provider("vertex_ai", ("GOOGLE_APPLICATION_CREDENTIALS", "VERTEXAI_PROJECT"))
_VLLM = Provider("hosted_vllm", ("HOSTED_VLLM_API_BASE",))
_XAI = Provider("xai", ("XAI_API_KEY",))

PROVIDERS: Final[Mapping[str, Provider]] = {
    "openai": Provider("openai", ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE")),
    "anthropic": _ANTHROPIC,
    "google": _GEMINI,
    "gemini": _GEMINI,
    "vertex_ai": _VERTEX,
    "azure": _AZURE,
    "aws-bedrock": _BEDROCK,
    "bedrock": _BEDROCK,
    "cohere": Provider("cohere_chat", ("COHERE_API_KEY", "CO_API_KEY")),
    "deepseek": Provider("deepseek", ("DEEPSEEK_API_KEY",)),
    "fireworks": _FIREWORKS,
    "fireworks_ai": _FIREWORKS,
    "groq": Provider("groq", ("GROQ_API_KEY",)),
    "vllm": _VLLM,
    "hosted_vllm": _VLLM,
    "lm_studio": Provider("lm_studio", ("LM_STUDIO_API_BASE",)),
    "mistral": Provider("mistral", ("MISTRAL_API_KEY",)),
    "ollama": Provider("ollama_chat", ("OLLAMA_API_BASE",)),
    "openrouter": Provider("openrouter", ("OPENROUTER_API_KEY", "OR_API_KEY")),
    "perplexity": Provider("perplexity", ("PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY")),
    "together": _TOGETHER,
    "together_ai": _TOGETHER,
    "xai": _XAI,
    "x-ai": _XAI,
}


def find_provider(name: str) -> Provider:
    """The provider of that name. An unlisted one is litellm's own name with the usual variable."""
    known = PROVIDERS.get(name.lower())
    if known is not None:
        return known
    variable = name.upper().replace("-", "_") + "_API_KEY"
    return Provider(name.lower(), (variable,))


# Of several words for a provider, the first one listed is the one that we tell.
_WORDS: Final[Mapping[str, str]] = {
    provider.litellm: word for word, provider in reversed(list(PROVIDERS.items()))
}


def provider_word(name: str) -> str:
    """Our word for a provider, from any of its words or litellm's."""
    known = name.strip().lower()
    return _WORDS.get(find_provider(known).litellm, known)


def is_configured(name: str) -> bool:
    """Whether this server's environment has credentials (or an address) for the provider."""
    return any(os.environ.get(variable) for variable in find_provider(name).variables)


def configured_providers() -> list[str]:
    return sorted(name for name in PROVIDERS if is_configured(name))


def litellm_name(provider: str, model: str) -> str:
    """The name that litellm routes by: `openrouter` + `anthropic/claude` keeps its slash."""
    prefix = find_provider(provider).litellm + "/"
    return model if model.startswith(prefix) and provider != "openrouter" else prefix + model
