"""Keep the catalogue informed of what the operator's own endpoints serve."""

import asyncio
from typing import Final

import structlog

from pegboard.llm.endpoints import ServedModel, configured_endpoints, served_models
from pegboard.models.catalogue import Catalogue
from pegboard.models.entries import UNKNOWN_WINDOW, Model, ModelType, Thinking, Window

EVERY_SECONDS: Final = 60.0

log = structlog.get_logger("pegboard.models")


async def refresh_served_models(catalogue: Catalogue) -> None:
    """Ask the endpoints again and again; return at once where there are none."""
    endpoints = configured_endpoints()
    while endpoints:
        try:
            catalogue.serve(_entry(one) for one in await served_models(endpoints))
        except Exception:  # whatever one answer was like, the next may be better
            log.exception("endpoints_not_read")
        await asyncio.sleep(EVERY_SECONDS)


def _entry(served: ServedModel) -> Model:
    limit = served.context_limit
    return Model(
        provider=served.provider,
        name=served.name,
        type=ModelType.EMBEDDING if served.embeds else ModelType.LLM,
        window=Window(limit, None) if limit else UNKNOWN_WINDOW,
        api_mode=None if served.embeds else "chat_completions",
        tools=served.tools,
        vision=served.vision,
        thinking=Thinking(("low", "medium", "high")) if served.thinks else None,
        dims=served.dims,
        reads=("text", "image") if served.vision else ("text",),
    )
