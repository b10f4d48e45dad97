"""The seam: what the rest of the server asks of an embedding model.

Knows no model and no transport. Vectors of two different names must never be compared.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self

from pegboard import errors


@dataclass(frozen=True, slots=True)
class EmbeddingName:
    """Whose vectors these are; stored beside them, so that a query is embedded alike."""

    provider: str
    model: str
    dims: int

    @property
    def key(self) -> str:
        """The name as one text, as it is stored beside the vectors."""
        return f"{self.provider}/{self.model}/{self.dims}"

    @classmethod
    def of_key(cls, key: str) -> Self:
        provider, _, rest = key.partition("/")
        model, _, dims = rest.rpartition("/")
        return cls(provider, model, int(dims))


class TextKind(StrEnum):
    """What a text is for. Some models embed a question unlike the passages that answer it."""

    QUERY = "query"
    PASSAGE = "passage"


class Embedder(Protocol):
    @property
    def name(self) -> EmbeddingName: ...

    async def embed(
        self, texts: Sequence[str], kind: TextKind, *, lane: Hashable = None
    ) -> list[list[float]]:
        """One vector of length one and `name.dims` numbers for each text, in their order.

        Where embedding is scarce, lanes take turns: a lane is what one tenant asks for one purpose.
        """
        ...


class EmbedderMissing(errors.AppError):
    """Nothing here can embed what was asked; the message says what to install or to set."""

    kind = errors.ErrorKind.UNAVAILABLE
    code = "embedder_missing"


class EmbedderDamaged(errors.AppError):
    """A file of the local model is not the one that was tried and measured."""

    kind = errors.ErrorKind.UNAVAILABLE
    code = "embedder_damaged"


class UnusableVectors(errors.AppError):
    """A provider's answer cannot be stored beside the vectors we have."""

    kind = errors.ErrorKind.PROVIDER_FAILED
    code = "unusable_vectors"
