"""A provider's embedding model, by whatever call is passed in.

Knows how to cut the work into requests and to check what comes back. Does not know the
transport: `litellm.gateway` supplies the call.
"""

import math
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Final, TypeAlias

from pegboard.llm.embeddings.embedder import EmbeddingName, TextKind, UnusableVectors
from pegboard.llm.embeddings.in_order import each_in_order
from pegboard.slots import waiting

TEXTS_A_REQUEST: Final = 96  # Cohere takes no more; 96 chunks stay far below others' limits.
REQUESTS_AT_ONCE: Final = 2

Call: TypeAlias = Callable[[EmbeddingName, Sequence[str], TextKind], Awaitable[list[list[float]]]]
"""One request: as many vectors as texts, in their order. The kind is for models that ask."""


class RemoteEmbedder:
    def __init__(
        self,
        name: EmbeddingName,
        call: Call,
        *,
        texts_a_request: int = TEXTS_A_REQUEST,
        requests_at_once: int = REQUESTS_AT_ONCE,
    ) -> None:
        self._name = name
        self._call = call
        self._texts_a_request = texts_a_request
        self._requests_at_once = requests_at_once

    @property
    def name(self) -> EmbeddingName:
        return self._name

    async def embed(
        self, texts: Sequence[str], kind: TextKind, *, lane: Hashable = None
    ) -> list[list[float]]:
        async def embed_batch(batch: Sequence[str]) -> list[list[float]]:
            # Providers refuse an empty string, and with it the whole request.
            vectors = await self._call(self._name, [text or " " for text in batch], kind)
            if len(vectors) != len(batch):
                raise UnusableVectors(
                    f"{self._label} gave {len(vectors)} embeddings for {len(batch)} texts"
                )
            return [self._unit(vector) for vector in vectors]

        size = self._texts_a_request
        batches = [texts[at : at + size] for at in range(0, len(texts), size)]
        async with waiting():
            done = await each_in_order(batches, embed_batch, at_once=self._requests_at_once)
        return [vector for batch in done for vector in batch]

    def _unit(self, vector: Sequence[float]) -> list[float]:
        if len(vector) != self._name.dims:
            raise UnusableVectors(
                f"{self._label} gave an embedding of {len(vector)} dimensions where "
                f"{self._name.dims} were expected"
            )
        length = math.hypot(*vector)
        if not math.isfinite(length) or length == 0:
            raise UnusableVectors(f"{self._label} gave an embedding of length {length}")
        return [number / length for number in vector]

    @property
    def _label(self) -> str:
        return f"{self._name.provider}/{self._name.model}"
