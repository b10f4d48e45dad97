"""The endpoints that are asked directly: where they are, whose key they take, what they say oddly.

Addresses and keys are the operator's environment variables, under litellm's names; nothing of a
request goes into an address. What an endpoint wants said in a way of its own that is not known
here is left to litellm, feature by feature (`untranslated`).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from pegboard.llm.providers import find_provider


class Feature(Enum):
    """What a request may ask for beyond an answer."""

    IMAGES = auto()
    SCHEMA = auto()
    THINKING = auto()
    TOOL_CHOICE = auto()
    TOOLS_AND_FORMAT = auto()


class Thinking(Enum):
    """How reasoning is asked for."""

    NOT = auto()
    EFFORT = auto()
    """`reasoning_effort`"""
    EFFORT_IF_KNOWN = auto()
    """The same, to models that are known to reason; others refuse it."""
    OBJECT = auto()
    """OpenRouter's `reasoning`, an effort or a number of tokens."""
    SWITCH = auto()
    """`thinking`, on or off."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`base` ends before `/chat/completions`; "" where only the operator knows it.

    `bases` are variables that name another. `keys` are those of a key, beside the provider's own.
    `ending` is put behind an address of the operator's that lacks it.
    """

    base: str
    bases: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    ending: str = ""
    thinking: Thinking = Thinking.NOT
    untranslated: frozenset[Feature] = frozenset()
    requests_usage: bool = True
    keeps_prefix: bool = False


def _plain(base: str, *bases: str) -> Endpoint:
    return Endpoint(base, bases, untranslated=frozenset({Feature.THINKING}))


_OWN_FORMAT: Final = frozenset({Feature.SCHEMA, Feature.THINKING, Feature.TOOLS_AND_FORMAT})

# By litellm's names. What is not here goes through litellm.
ENDPOINTS: Final[Mapping[str, Endpoint]] = {
    "openai": Endpoint(
        "https://api.openai.com/v1",
        ("OPENAI_BASE_URL", "OPENAI_API_BASE"),
        thinking=Thinking.EFFORT_IF_KNOWN,
    ),
    "hosted_vllm": Endpoint(
        "",
        ("HOSTED_VLLM_API_BASE",),
        ("HOSTED_VLLM_API_KEY",),
        thinking=Thinking.EFFORT,
    ),
    "lm_studio": Endpoint("", ("LM_STUDIO_API_BASE",), ("LM_STUDIO_API_KEY",)),
    "ollama_chat": Endpoint(
        "", ("OLLAMA_API_BASE",), ("OLLAMA_API_KEY",), ending="/v1", thinking=Thinking.EFFORT
    ),
    "openrouter": Endpoint(
        "https://openrouter.ai/api/v1",
        ("OPENROUTER_API_BASE",),
        thinking=Thinking.OBJECT,
        keeps_prefix=True,
    ),
    "deepseek": Endpoint(
        "https://api.deepseek.com",
        ("DEEPSEEK_API_BASE",),
        thinking=Thinking.SWITCH,
        untranslated=frozenset({Feature.SCHEMA, Feature.IMAGES}),
    ),
    "fireworks_ai": Endpoint(
        "https://api.fireworks.ai/inference/v1",
        ("FIREWORKS_API_BASE",),
        untranslated=_OWN_FORMAT | {Feature.TOOL_CHOICE, Feature.IMAGES},
    ),
    "groq": Endpoint(
        "https://api.groq.com/openai/v1", ("GROQ_API_BASE",), untranslated=_OWN_FORMAT
    ),
    "mistral": Endpoint(
        "https://api.mistral.ai/v1",
        ("MISTRAL_AZURE_API_BASE",),
        ending="/v1",
        untranslated=frozenset({Feature.THINKING, Feature.TOOL_CHOICE}),
        requests_usage=False,
    ),
    "together_ai": Endpoint(
        "https://api.together.ai/v1",
        ("TOGETHER_AI_API_BASE",),
        untranslated=frozenset({Feature.THINKING, Feature.SCHEMA}),
    ),
    "xai": Endpoint("https://api.x.ai/v1", ("XAI_API_BASE",), thinking=Thinking.EFFORT_IF_KNOWN),
    "aihubmix": _plain("https://aihubmix.com/v1", "AIHUBMIX_API_BASE"),
    "cerebras": _plain("https://api.cerebras.ai/v1", "CEREBRAS_API_BASE"),
    "codestral": _plain("https://codestral.mistral.ai/v1", "CODESTRAL_API_BASE"),
    "crusoe": _plain("https://managed-inference-api-proxy.crusoecloud.com/v1", "CRUSOE_API_BASE"),
    "darkbloom": _plain("https://api.darkbloom.dev/v1", "DARKBLOOM_API_BASE"),
    "deepinfra": Endpoint(
        "https://api.deepinfra.com/v1/openai",
        ("DEEPINFRA_API_BASE",),
        untranslated=frozenset({Feature.THINKING, Feature.TOOL_CHOICE}),
    ),
    "featherless_ai": Endpoint(
        "https://api.featherless.ai/v1",
        ("FEATHERLESS_AI_API_BASE", "FEATHERLESS_API_BASE"),
        untranslated=frozenset({Feature.THINKING, Feature.TOOL_CHOICE}),
    ),
    "friendliai": _plain("https://api.friendli.ai/serverless/v1", "FRIENDLI_API_BASE"),
    "gmi": _plain("https://api.gmi-serving.com/v1"),
    "hyperbolic": _plain("https://api.hyperbolic.xyz/v1", "HYPERBOLIC_API_BASE"),
    "libertai": _plain("https://api.libertai.io/v1", "LIBERTAI_API_BASE"),
    "llamagate": _plain("https://api.llamagate.dev/v1"),
    "morph": _plain("https://api.morphllm.com/v1", "MORPH_API_BASE"),
    "nebius": _plain("https://api.studio.nebius.ai/v1", "NEBIUS_API_BASE"),
    "novita": _plain("https://api.novita.ai/v3/openai", "NOVITA_API_BASE"),
    "nscale": _plain("https://inference.api.nscale.com/v1", "NSCALE_API_BASE"),
    "nvidia_nim": _plain("https://integrate.api.nvidia.com/v1", "NVIDIA_NIM_API_BASE"),
    "pinstripes": _plain("https://pinstripes.io/v1", "PINSTRIPES_API_BASE"),
    "prism": _plain("https://api.prisminference.com/v1", "PRISM_API_BASE"),
    "sail": _plain("https://api.sailresearch.com/v1", "SAIL_API_BASE"),
    "sambanova": _plain("https://api.sambanova.ai/v1", "SAMBANOVA_API_BASE"),
    "v0": _plain("https://api.v0.dev/v1", "V0_API_BASE"),
    "vercel_ai_gateway": _plain("https://ai-gateway.vercel.sh/v1", "VERCEL_AI_GATEWAY_API_BASE"),
    "wandb": _plain("https://api.inference.wandb.ai/v1", "WANDB_API_BASE"),
}


def find_endpoint(provider: str) -> Endpoint | None:
    return ENDPOINTS.get(find_provider(provider).litellm)


def base_url(endpoint: Endpoint) -> str | None:
    """Where the operator says, or where everybody finds it; None where neither is known."""
    own = next((url for name in endpoint.bases if (url := os.environ.get(name))), None)
    if own is None:
        return endpoint.base or None
    plain = own.strip().rstrip("/").removesuffix("/chat/completions")
    return plain if plain.endswith(endpoint.ending) else plain + endpoint.ending


def key_of(provider: str, endpoint: Endpoint) -> str | None:
    named = (name for name in find_provider(provider).variables if "KEY" in name)
    return next((key for name in (*named, *endpoint.keys) if (key := os.environ.get(name))), None)
