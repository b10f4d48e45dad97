"""What indexing consists of, each part by itself: reading, cutting, embedding."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

from bench.plan import Plan
from bench.samples import Sample, pdf_sample, text_sample
from bench.tables import table
from pegboard.documents.chunking import Chunk, split
from pegboard.documents.formats import suffix_of
from pegboard.documents.formats.sections import Section
from pegboard.documents.parsing.parser import parse
from pegboard.llm.embeddings.embedder import TextKind
from pegboard.llm.embeddings.minilm import MiniLm

_TIMES_AS_MUCH: Final = 10
"""Reading and cutting are so fast that the files of the whole way would be too small."""


@dataclass(frozen=True, slots=True)
class Part:
    label: str
    seconds: float
    bytes: int
    pages: int = 0
    chunks: int = 0


async def measure(folder: Path, plan: Plan) -> list[Part]:
    text = text_sample(plan.text_bytes * _TIMES_AS_MUCH)
    pdf = pdf_sample(plan.pdf_pages * _TIMES_AS_MUCH)
    read = [await _read(folder, sample) for sample in (text, pdf)]
    begun = perf_counter()
    chunks = list(split([Section(text.content.decode())]))
    cut = Part("cutting", perf_counter() - begun, len(text.content), chunks=len(chunks))
    return [*read, cut, await _embed(chunks[: len(chunks) // _TIMES_AS_MUCH])]


async def _read(folder: Path, sample: Sample) -> Part:
    path = sample.put(folder)
    begun = perf_counter()
    await parse(path, suffix_of(sample.filename))
    seconds = perf_counter() - begun
    return Part(f"reading, {sample.label}", seconds, len(sample.content), sample.pages)


async def _embed(chunks: Sequence[Chunk]) -> Part:
    model = MiniLm()
    try:
        await model.load()
        texts = [chunk.searched_text for chunk in chunks]
        begun = perf_counter()
        await model.embed(texts, TextKind.PASSAGE)
        seconds = perf_counter() - begun
    finally:
        model.close()
    return Part("embedding", seconds, sum(map(len, texts)), chunks=len(texts))


def report(parts: Sequence[Part]) -> str:
    rows = [
        (
            part.label,
            f"{part.bytes / 1e6:.2f}",
            f"{part.seconds:.2f}",
            f"{part.bytes / 1e6 / part.seconds:.2f}",
            f"{part.pages / part.seconds:.0f}" if part.pages else "",
            f"{part.chunks / part.seconds:.0f}" if part.chunks else "",
        )
        for part in parts
    ]
    return table(
        "Parts of indexing, each alone",
        ("", "MB", "seconds", "MB/s", "pages/s", "chunks/s"),
        rows,
        "Reading includes the start of its process. Embedding uses one core, as in the server.",
    )
