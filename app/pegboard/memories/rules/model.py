"""The memory model that follows rules: no provider, the same answer every time."""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from pegboard.memories.facts import Change, Exchange, Fact, KnownFact
from pegboard.memories.rules.changes import decide
from pegboard.memories.rules.clauses import read_clauses
from pegboard.memories.rules.dates import date_out
from pegboard.memories.rules.statements import read_statements
from pegboard.memories.rules.third_person import about_user
from pegboard.memories.rules.wording import says_nothing_new

MAX_FACTS: Final = 20
MAX_CHARACTERS: Final = 300


class RuleMemoryModel:
    """A `MemoryModel` that hears no instruction and never reads the assistant's words."""

    @property
    def spent(self) -> None:
        """Rules cost nothing."""

    async def extract(self, exchange: Exchange, *, instruction: str | None) -> tuple[Fact, ...]:
        return await asyncio.to_thread(read_facts, exchange)

    async def reconcile(
        self,
        facts: Sequence[Fact],
        *,
        known: Sequence[Sequence[KnownFact]],
        instruction: str | None,
    ) -> tuple[Change, ...]:
        return await asyncio.to_thread(partial(decide, facts, known=known))


def read_facts(exchange: Exchange) -> tuple[Fact, ...]:
    """What the user states about themself, in the order it was said."""
    facts: list[Fact] = []
    for fact in _stated(exchange):
        known = (*exchange.recalled, *(earlier.text for earlier in facts))
        if not any(says_nothing_new(fact.text, beside=text) for text in known):
            facts.append(fact)
        if len(facts) == MAX_FACTS:
            break
    return tuple(facts)


def _stated(exchange: Exchange) -> Iterator[Fact]:
    for clause in read_clauses(exchange.user_text):
        for statement in read_statements(clause.text.rstrip(" .!,;:")):
            dated = date_out(statement, moment=exchange.moment)
            yield Fact(_cut(about_user(dated)), _cut(clause.quote))


def _cut(text: str) -> str:
    if len(text) <= MAX_CHARACTERS:
        return text
    return text[:MAX_CHARACTERS].rpartition(" ")[0] or text[:MAX_CHARACTERS]
