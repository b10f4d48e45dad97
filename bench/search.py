"""How long a search takes, and how that grows with the table."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final
from uuid import UUID

import numpy

from bench import prose
from bench.figures import percentile
from bench.plan import Plan
from bench.shelf import Passage, Shelf, open_shelf
from bench.tables import ms, table, times
from pegboard.db.embedded import Address
from pegboard.documents import retrieval
from pegboard.documents.retrieval import Question, SearchScope
from pegboard.identifiers import new_id
from pegboard.llm.embeddings.minilm import LOCAL

ASSISTANTS: Final = 50
HYBRID: Final = "both, fused"
_A_DOCUMENT: Final = 20
_A_BATCH: Final = 250
_WORDS: Final = 130
_QUESTION: Final = 12
_TOP: Final = 10
_WARM_UP: Final = 12
"""Twice as many as make Postgres settle on a plan for a prepared statement."""
_ABOUT_ITS_SUBJECT: Final = 0.6
"""So that passages of one subject lie as near each other as MiniLM puts them, others apart."""


@dataclass(frozen=True, slots=True)
class Searches:
    """Seconds by the number of chunks, then by what was asked for."""

    seconds: dict[int, dict[str, list[float]]]

    def p50(self, chunks: int, how: str = HYBRID) -> float:
        return percentile(self.seconds[chunks][how], 50)

    def p95(self, chunks: int, how: str = HYBRID) -> float:
        return percentile(self.seconds[chunks][how], 95)


@dataclass(frozen=True, slots=True)
class _Subject:
    assistant_id: UUID
    direction: Any


async def measure(address: Address, plan: Plan) -> Searches:
    """One table that grows; nobody else asks."""
    chance, drawn = random.Random(1), numpy.random.default_rng(1)
    searches = Searches({})
    async with open_shelf(address, "search") as shelf:
        owners = [await shelf.new_assistant() for _ in range(ASSISTANTS)]
        subjects: list[_Subject] = []
        for chunks in plan.chunk_counts:
            while len(subjects) * _A_DOCUMENT < chunks:
                missing = chunks // _A_DOCUMENT - len(subjects)
                new = list(_subjects(owners, drawn, len(subjects), min(_A_BATCH, missing)))
                await shelf.put([(one.assistant_id, _passages(one, chance, drawn)) for one in new])
                subjects += new
            await shelf.tidy()
            searches.seconds[chunks] = await _ask(shelf, subjects, chance, drawn, plan.searches)
    return searches


def _subjects(owners: Sequence[UUID], drawn: Any, begin: int, count: int) -> Iterator[_Subject]:
    for at in range(begin, begin + count):
        yield _Subject(owners[at % len(owners)], _unit(drawn.standard_normal(LOCAL.dims)))


def _passages(subject: _Subject, chance: random.Random, drawn: Any) -> list[Passage]:
    return [
        Passage(prose.passage(chance, _WORDS), "", _near(subject, drawn))
        for _ in range(_A_DOCUMENT)
    ]


async def _ask(
    shelf: Shelf, subjects: Sequence[_Subject], chance: random.Random, drawn: Any, count: int
) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {HYBRID: [], "words alone": [], "vectors alone": []}
    for at in range(_WARM_UP + count):
        subject = chance.choice(subjects)
        text = " ".join(prose.words(chance, _QUESTION))
        vectors = {LOCAL.key: _near(subject, drawn).tolist()}
        questions = (Question(text, vectors), Question(text, {}), Question("", vectors))
        for noted, question in zip(seconds.values(), questions, strict=True):
            taken = await _search(shelf, question, subject.assistant_id)
            if at >= _WARM_UP:
                noted.append(taken)
    return seconds


async def _search(shelf: Shelf, question: Question, assistant_id: UUID) -> float:
    search_scope = SearchScope(thread_id=new_id(), assistant_id=assistant_id)
    async with shelf.scopes(shelf.tenant_id) as scope:
        begun = perf_counter()
        await retrieval.search(scope, question, search_scope, top=_TOP)
        return perf_counter() - begun


def _near(subject: _Subject, drawn: Any) -> Any:
    own = _unit(drawn.standard_normal(LOCAL.dims))
    return _unit(_ABOUT_ITS_SUBJECT * subject.direction + (1 - _ABOUT_ITS_SUBJECT**2) ** 0.5 * own)


def _unit(vector: Any) -> Any:
    return vector / numpy.linalg.norm(vector)


def report(searches: Searches) -> str:
    rows = []
    before: int | None = None
    for chunks, taken in searches.seconds.items():
        for how in taken:
            p50 = searches.p50(chunks, how)
            growth = times(p50 / searches.p50(before, how)) if before else ""
            rows.append(
                (f"{chunks:,} chunks, {how}", ms(p50), ms(searches.p95(chunks, how)), growth)
            )
        before = chunks
    return table(
        f"Search in the documents of one of {ASSISTANTS} assistants, the question being embedded",
        ("", "p50 ms", "p95 ms", "growth of p50"),
        rows,
        "retrieval.search in this process, with its fetching of the passages; one at a time.",
        f"Questions have {_QUESTION} words, drawn like those of the text: some are in most chunks.",
    )
