"""Whether the right passage is found: questions of our own about Python's docstrings."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2
from pathlib import Path
from statistics import fmean
from typing import Final
from uuid import UUID

from bench.docstrings import docstrings
from bench.shelf import Passage, Shelf, open_shelf
from bench.tables import table
from pegboard.db.embedded import Address
from pegboard.documents import retrieval
from pegboard.documents.chunking import split
from pegboard.documents.formats.sections import Section
from pegboard.documents.retrieval import Question, SearchScope
from pegboard.identifiers import new_id
from pegboard.llm.embeddings.embedder import TextKind
from pegboard.llm.embeddings.minilm import LOCAL, MiniLm

_QUESTIONS: Final = Path(__file__).with_name("questions.json")
_CORES: Final = 2
_DEEP: Final = 50
HYBRID: Final = "hybrid"


@dataclass(frozen=True, slots=True)
class JudgedQuestion:
    """A question that has one right answer; `kind` is how it is put."""

    kind: str
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Figures:
    recall_1: float
    recall_5: float
    ndcg_10: float


@dataclass(frozen=True, slots=True)
class Quality:
    """By way of searching: at which rank the answer came to each question, None for beyond."""

    questions: Sequence[JudgedQuestion]
    documents: int
    ranks: Mapping[str, Sequence[int | None]]

    def figures(self, how: str, kind: str | None = None) -> Figures:
        ranks = [
            rank
            for rank, question in zip(self.ranks[how], self.questions, strict=True)
            if kind is None or question.kind == kind
        ]
        return Figures(
            fmean(rank is not None and rank <= 1 for rank in ranks),
            fmean(rank is not None and rank <= 5 for rank in ranks),
            fmean(1 / log2(1 + rank) if rank is not None and rank <= 10 else 0 for rank in ranks),
        )


async def measure(address: Address) -> Quality:
    texts = docstrings()
    # Another Python may lack a function; what nobody wrote nobody has to find.
    questions = [one for one in read_questions() if one.answer in texts]
    model = MiniLm(passage_threads=_CORES)
    try:
        async with open_shelf(address, "quality") as shelf:
            assistant_id = await shelf.new_assistant()
            answers = await _fill(shelf, assistant_id, model, texts)
            vectors = await model.embed([one.question for one in questions], TextKind.QUERY)
            ranks: dict[str, list[int | None]] = {"lexical": [], "vector": [], HYBRID: []}
            for one, vector in zip(questions, vectors, strict=True):
                near = {LOCAL.key: vector}
                ways = (
                    Question(one.question, {}),
                    Question("", near),
                    Question(one.question, near),
                )
                for noted, question in zip(ranks.values(), ways, strict=True):
                    noted.append(await _rank(shelf, assistant_id, question, answers[one.answer]))
    finally:
        model.close()
    return Quality(questions, len(texts), ranks)


def read_questions() -> list[JudgedQuestion]:
    return [JudgedQuestion(**one) for one in json.loads(_QUESTIONS.read_text())]


async def _fill(
    shelf: Shelf, assistant_id: UUID, model: MiniLm, texts: Mapping[str, str]
) -> dict[str, UUID]:
    """A document for each docstring, under its name; cut and embedded as an upload is."""
    cut = {name: list(split([Section(text, heading=name)])) for name, text in texts.items()}
    searched = [chunk.searched_text for chunks in cut.values() for chunk in chunks]
    vectors = iter(await model.embed(searched, TextKind.PASSAGE))
    documents = [
        (assistant_id, [Passage(chunk.text, name, next(vectors)) for chunk in chunks])
        for name, chunks in cut.items()
    ]
    ids = await shelf.put(documents)
    await shelf.tidy()
    return dict(zip(cut, ids, strict=True))


async def _rank(shelf: Shelf, assistant_id: UUID, question: Question, wanted: UUID) -> int | None:
    search_scope = SearchScope(thread_id=new_id(), assistant_id=assistant_id)
    async with shelf.scopes(shelf.tenant_id) as scope:
        passages = await retrieval.search(scope, question, search_scope, top=_DEEP)
    documents = list(dict.fromkeys(passage.document_id for passage in passages))
    return documents.index(wanted) + 1 if wanted in documents else None


def report(quality: Quality) -> str:
    total = len(quality.questions)
    kinds = (None, *dict.fromkeys(one.kind for one in quality.questions))
    rows = []
    for kind in kinds:
        count = sum(kind in {None, one.kind} for one in quality.questions)
        for how in quality.ranks:
            figures = quality.figures(how, kind)
            rows.append(
                (
                    f"{kind or 'all'} ({count}), {how}",
                    f"{figures.recall_1:.3f}",
                    f"{figures.recall_5:.3f}",
                    f"{figures.ndcg_10:.3f}",
                )
            )
    return table(
        f"Quality: {total} questions, each about one docstring of {quality.documents}",
        ("", "recall@1", "recall@5", "nDCG@10"),
        rows,
        "Paraphrase: hardly a word in common with the text; name: identifiers and terms; mixed.",
        "Ranks of documents, not of passages; embedded with all-MiniLM-L6-v2.",
    )
