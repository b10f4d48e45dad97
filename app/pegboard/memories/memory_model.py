"""Who reads facts out of exchanges and weighs them against the known ones, as a protocol.

`rules` does it by itself; `language_model` asks a provider.
"""

from collections.abc import Sequence
from typing import Protocol

from pegboard.errors import AppError, ErrorKind
from pegboard.llm.gateway import ModelName, Usage
from pegboard.memories.facts import Change, Exchange, Fact, KnownFact


class MemoryModelFailed(AppError):
    """The model's answer made no sense, and made none when asked again."""

    kind = ErrorKind.PROVIDER_FAILED
    code = "memory_model_failed"


class MemoryModel(Protocol):
    """An `instruction` is the assistant's own, in plain language; a model may be deaf to it."""

    @property
    def spent(self) -> tuple[ModelName, Usage] | None:
        """The provider's model that was asked, and what it has used so far; None where none is."""
        ...

    async def extract(self, exchange: Exchange, *, instruction: str | None) -> tuple[Fact, ...]:
        """What the user said that is worth keeping; most exchanges hold nothing."""
        ...

    async def reconcile(
        self,
        facts: Sequence[Fact],
        *,
        known: Sequence[Sequence[KnownFact]],
        instruction: str | None,
    ) -> tuple[Change, ...]:
        """One change for each fact, in order, meant to be applied in order.

        `known` has for each fact the known ones nearest to it, nearest first. No change names a
        known fact that an earlier one deletes.
        """
        ...
