"""Ask the endpoints that the operator has configured which models they serve.

Ollama has a list of its own; any other endpoint is asked as OpenAI's would be. One that does not
answer, or not in that shape, serves nothing as far as we know.
"""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import structlog

from pegboard import strict_json

_TIMEOUT: Final = 5.0
_LARGEST: Final = 4 * 1024 * 1024
_LONGEST_NAME: Final = 256
_MOST: Final = 500
_MOST_TOKENS: Final = 1_000_000_000
_DESCRIBED_AT_ONCE: Final = 4

# provider, where its address is, where its key may be
_VARIABLES: Final = (
    ("openai", ("OPENAI_BASE_URL", "OPENAI_API_BASE"), "OPENAI_API_KEY"),
    ("vllm", ("HOSTED_VLLM_API_BASE",), "HOSTED_VLLM_API_KEY"),
    ("lm_studio", ("LM_STUDIO_API_BASE",), "LM_STUDIO_API_KEY"),
    ("ollama", ("OLLAMA_API_BASE",), "OLLAMA_API_KEY"),
)

_UNUSABLE: Final = (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError)

log = structlog.get_logger("pegboard.models")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`key` is the variable that may hold its key."""

    provider: str
    url: str
    key: str


@dataclass(frozen=True, slots=True)
class ServedModel:
    """What an endpoint says of a model; None where it says nothing. Limits in tokens."""

    provider: str
    name: str
    context_limit: int | None = None
    embeds: bool = False
    dims: int | None = None
    tools: bool | None = None
    vision: bool | None = None
    thinks: bool = False


def configured_endpoints() -> list[Endpoint]:
    """The endpoints named in the environment; a provider's public address is none."""
    endpoints = []
    for provider, addresses, key in _VARIABLES:
        url = next((url for name in addresses if (url := os.environ.get(name))), None)
        if url and urlsplit(url).hostname != "api.openai.com":
            endpoints.append(Endpoint(provider, url.rstrip("/"), key))
    return endpoints


async def served_models(endpoints: Sequence[Endpoint]) -> list[ServedModel]:
    async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as client:
        lists = await asyncio.gather(*(_served_by(client, one) for one in endpoints))
    return [model for served in lists for model in served]


async def _served_by(client: httpx.AsyncClient, endpoint: Endpoint) -> list[ServedModel]:
    try:
        if endpoint.provider == "ollama":
            return await _served_by_ollama(client, endpoint)
        listed = await _ask(client, endpoint, "GET", "/models")
        return [
            ServedModel(endpoint.provider, one["id"], _count(one.get("max_model_len")))
            for one in _entries(listed.get("data"), "id")
        ]
    except _UNUSABLE as error:
        log.warning("models_not_listed", provider=endpoint.provider, error=type(error).__name__)
        return []


async def _served_by_ollama(client: httpx.AsyncClient, endpoint: Endpoint) -> list[ServedModel]:
    listed = await _ask(client, endpoint, "GET", "/api/tags")
    at_once = asyncio.Semaphore(_DESCRIBED_AT_ONCE)

    async def described(name: str) -> ServedModel:
        async with at_once:
            try:
                description = await _ask(client, endpoint, "POST", "/api/show", {"model": name})
            except _UNUSABLE:
                description = {}
        return _of_ollama(name, description)

    names = [one["name"] for one in _entries(listed.get("models"), "name")]
    return await asyncio.gather(*(described(name) for name in names))


def _of_ollama(name: str, description: Mapping[str, Any]) -> ServedModel:
    """Figures stand under the name of the architecture, as in `llama.context_length`."""
    info = description.get("model_info")
    figures = info if isinstance(info, dict) else {}
    capabilities = description.get("capabilities")
    can = None
    if isinstance(capabilities, list):
        can = {one for one in capabilities if isinstance(one, str)}
    embeds = bool(can and "embedding" in can)
    return ServedModel(
        "ollama",
        name,
        context_limit=_figure(figures, ".context_length"),
        embeds=embeds,
        dims=_figure(figures, ".embedding_length") if embeds else None,
        tools=None if can is None else "tools" in can,
        vision=None if can is None else "vision" in can,
        thinks=bool(can and "thinking" in can),
    )


async def _ask(
    client: httpx.AsyncClient,
    endpoint: Endpoint,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The endpoint's answer as an object. Raises one of _UNUSABLE."""
    key = os.environ.get(endpoint.key)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    headers["Accept-Encoding"] = "identity"  # what is packed has no bound before it is unpacked
    url = endpoint.url + path
    data = b""
    async with (
        asyncio.timeout(_TIMEOUT),
        client.stream(method, url, json=body, headers=headers) as answer,
    ):
        answer.raise_for_status()
        async for piece in answer.aiter_raw():
            data += piece
            if len(data) > _LARGEST:
                raise ValueError("too long")
    parsed = await asyncio.to_thread(strict_json.loads, data)
    if not isinstance(parsed, dict):
        raise ValueError("not an object")
    return parsed


def _entries(listed: Any, name: str) -> list[dict[str, Any]]:
    entries = listed if isinstance(listed, list) else []
    return [one for one in entries if isinstance(one, dict) and _is_name(one.get(name))][:_MOST]


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME and value.isprintable()


def _figure(figures: Mapping[str, Any], ending: str) -> int | None:
    return next((_count(value) for key, value in figures.items() if key.endswith(ending)), None)


def _count(value: Any) -> int | None:
    known = isinstance(value, int) and not isinstance(value, bool)
    return value if known and 0 < value <= _MOST_TOKENS else None
