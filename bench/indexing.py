"""How fast files become searchable: uploaded to a server over HTTP, until they are indexed."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from bench.client import Connection, Unexpected, connected
from bench.plan import Plan
from bench.processes import running
from bench.samples import Sample, installed_pdfs, pdf_sample, text_sample
from bench.subjects import address_of
from bench.tables import table

_POLL_SECONDS: Final = 0.02
_WARM_UP: Final = 2_000


@dataclass(frozen=True, slots=True)
class Indexed:
    sample: Sample
    seconds: float
    chunks: int


async def measure(folder: Path, plan: Plan) -> list[Indexed]:
    """One file after the other, on a server that has read one before."""
    samples = [text_sample(plan.text_bytes), pdf_sample(plan.pdf_pages)]
    for path in installed_pdfs():
        samples.append(Sample(f"PDF, {path.name}", path.name, path.read_bytes()))
    data = str(folder / "indexing")
    async with (
        running(
            "indexing",
            "pegboard.cli.program",
            *("serve", "--port", "0", "--data-dir", data),
            folder=folder,
            PEGBOARD_SANDBOX="always",
        ) as program,
        connected(address_of(program)) as connection,
    ):
        assistant = await connection.post_json("/api/assistants", name="bench")
        documents = f"/api/assistants/{assistant['assistant_id']}/documents"
        await _index(connection, documents, text_sample(_WARM_UP))
        return [await _index(connection, documents, sample) for sample in samples]


async def _index(connection: Connection, path: str, sample: Sample) -> Indexed:
    begun = perf_counter()
    sent = await connection.upload(path, sample.filename, sample.content)
    status: dict[str, Any] = json.loads(sent)
    while status["status"] in {"pending", "processing"}:
        await asyncio.sleep(_POLL_SECONDS)
        status = json.loads(await connection.get(f"/api/documents/{status['document_id']}/status"))
    if status["status"] != "indexed":
        raise Unexpected(f"{sample.filename}: {status['status_message']}")
    return Indexed(sample, perf_counter() - begun, status["chunk_count"])


def report(indexed: list[Indexed]) -> str:
    rows = [
        (
            one.sample.label,
            f"{len(one.sample.content) / 1e6:.2f}",
            str(one.sample.pages or ""),
            str(one.chunks),
            f"{one.seconds:.1f}",
            f"{len(one.sample.content) / 1e6 / one.seconds:.3f}",
            f"{one.sample.pages / one.seconds:.1f}" if one.sample.pages else "",
            f"{one.chunks / one.seconds:.0f}",
        )
        for one in indexed
    ]
    return table(
        "Indexing: from the upload until the file is indexed, local model, one file at a time",
        ("", "MB", "pages", "chunks", "seconds", "MB/s", "pages/s", "chunks/s"),
        rows,
        f"Installed libraries brought {len(indexed) - 2} PDF(s).",
    )
