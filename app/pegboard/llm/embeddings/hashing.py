"""Vectors by hashing words and their letters: for unit tests only, never the product.

Texts that share words come out near each other; of meaning it knows nothing. Deterministic
across processes and machines, with no file and no dependency.
"""

import math
import re
from collections.abc import Hashable, Iterator, Sequence
from zlib import crc32

from pegboard.llm.embeddings.embedder import EmbeddingName, TextKind

_WORD = re.compile(r"\w+")
_LETTERS = 3


class HashingEmbedder:
    def __init__(self, dims: int = 384) -> None:
        self._name = EmbeddingName("hashing", "words-and-trigrams", dims)

    @property
    def name(self) -> EmbeddingName:
        return self._name

    async def embed(
        self, texts: Sequence[str], kind: TextKind, *, lane: Hashable = None
    ) -> list[list[float]]:
        return [_embed(text, self._name.dims) for text in texts]


def _embed(text: str, dims: int) -> list[float]:
    vector = [0.0] * dims
    # A feature that every text has keeps blank text, and words that cancel out, from the origin.
    vector[0] = 0.5
    for feature in _features(text.lower()):
        code = crc32(feature.encode("utf-8", "replace"))
        vector[(code >> 1) % dims] += 1.0 if code & 1 else -1.0
    length = math.hypot(*vector)
    return [number / length for number in vector]


def _features(text: str) -> Iterator[str]:
    for word in _WORD.findall(text):
        framed = f"<{word}>"
        yield framed
        yield from (framed[at : at + _LETTERS] for at in range(len(framed) - _LETTERS + 1))
