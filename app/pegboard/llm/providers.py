"""Providers: their names here, their names in litellm, and how one sees that they are configured.

Credentials are litellm's own environment variables; they are looked for, never read.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Provider:
    """`litellm` is the prefix litellm routes by; any one of `variables` makes it usable."""

    litellm: str
    variables: tuple[str, ...]


IN_THE_BODY: Final = frozenset({"openai", "hosted_vllm", "lm_studio", "ollama_chat"})
"""Whose servers may be the operator's own and call their models what they like, as vLLM does with
folders: the name goes nowhere but into the body of a request."""

_PUBLIC: Final = frozenset({"api.openai.com", "api.anthropic.com"})

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


OTHERS: Final = frozenset(
    {
        "ai21",
        "aihubmix",
        "amazon_nova",
        "azure_ai",
        "baseten",
        "bedrock_mantle",
        "cerebras",
        "cloudflare",
        "codestral",
        "cognition",
        "crusoe",
        "darkbloom",
        "dashscope",
        "databricks",
        "deepinfra",
        "fal_ai",
        "featherless_ai",
        "friendliai",
        "gigachat",
        "gmi",
        "gradient_ai",
        "heroku",
        "hyperbolic",
        "inception",
        "jina_ai",
        "lambda_ai",
        "lemonade",
        "libertai",
        "llamagate",
        "meta",
        "meta_llama",
        "minimax",
        "moonshot",
        "morph",
        "nebius",
        "nlp_cloud",
        "novita",
        "nscale",
        "nvidia_nim",
        "oci",
        "ovhcloud",
        "pinstripes",
        "prism",
        "publicai",
        "qwen_ai_platform",
        "qwencloud",
        "replicate",
        "sail",
        "sambanova",
        "sarvam",
        "scaleway",
        "scx-ai",
        "snowflake",
        "tencent",
        "tensormesh",
        "v0",
        "vercel_ai_gateway",
        "volcengine",
        "voyage",
        "wandb",
        "watsonx",
        "xiaomi_mimo",
        "zai",
    }
)
"""Further providers that are asked under litellm's own name, with the usual variable.

Each was looked at: its address is fixed or the operator's, and the name of a model goes into the
body, or into the path behind it. One in neither list is never asked (docs/decisions/0024)."""

REFUSED: Final[Mapping[str, str]] = {
    "chatgpt": "its credentials are an interactive login",
    "github_copilot": "its credentials are an interactive login",
    "microsoft_365_copilot": "its credentials are an interactive login",
    "sagemaker": "the name is an endpoint of the operator's account",
}
"""What litellm's table lists besides, and why it is not asked."""

UNROUTED: Final = frozenset(
    {
        "anyscale",
        "coralbricks",
        "inferenceapis",
        "openinfer",
        "scaledown",
        "text-completion-inception",
    }
)
"""What the table has prices of, and litellm no way to."""


def is_known(name: str) -> bool:
    """Whether a provider of that name can be asked at all."""
    known = name.strip().lower()
    return known in PROVIDERS or known in OTHERS


def find_provider(name: str) -> Provider:
    """The provider of that name. An unlisted one is litellm's own name with the usual variable."""
    known = PROVIDERS.get(name.strip().lower())
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
    """Whether this server's environment has credentials (or an address) for the provider.

    Never so for one that is not asked, whatever the environment holds.
    """
    return is_known(name) and has_variable(name)


def has_variable(name: str) -> bool:
    variables = find_provider(name.strip()).variables
    return any(os.environ.get(variable) for variable in variables)


def has_credentials() -> bool:
    """Whether any provider can be asked from here."""
    return any(is_configured(name) for name in (*PROVIDERS, *OTHERS))


def has_own_address(name: str) -> bool:
    """Whether the operator has named a server of his own for the provider."""
    variables = find_provider(name).variables
    addresses = (one for one in variables if one.endswith(("_BASE_URL", "_API_BASE")))
    return any(
        urlsplit(url).hostname not in _PUBLIC for one in addresses if (url := os.environ.get(one))
    )


def configured_providers() -> list[str]:
    return sorted(name for name in (*PROVIDERS, *OTHERS) if is_configured(name))


def litellm_name(provider: str, model: str) -> str:
    """The name that litellm routes by: `openrouter` + `anthropic/claude` keeps its slash."""
    prefix = find_provider(provider).litellm + "/"
    return model if model.startswith(prefix) and provider != "openrouter" else prefix + model
