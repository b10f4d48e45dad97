"""How fast memories are kept and searched, with fifty assistants in one table."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final
from uuid import UUID

import asyncpg

from bench import prose
from bench.client import connected
from bench.figures import percentile
from bench.plan import Plan
from bench.processes import running
from bench.shelf import Shelf, open_shelf
from bench.subjects import address_of
from bench.tables import ms, table
from pegboard import clock
from pegboard.db.embedded import Address
from pegboard.identifiers import new_id
from pegboard.llm.embeddings.minilm import LOCAL
from pegboard.memories.operations import Vector
from pegboard.memories.recall import nearest

ASSISTANTS: Final = 50
_WORDS: Final = 14
_ADDED: Final = 200
_COLUMNS: Final = "id tenant_id assistant_id content created_at updated_at".split()  # noqa: SIM905

_EMBED: Final = """
    UPDATE memories SET embedded_by = $1, embedding = drawn.vector
    FROM (
        SELECT m.id, array_agg(random() - 0.5)::vector::halfvec AS vector
        FROM memories m, generate_series(1, 384)
        WHERE m.embedding IS NULL GROUP BY m.id
    ) drawn
    WHERE drawn.id = memories.id
"""


@dataclass(frozen=True, slots=True)
class Searched:
    """Memories added a second over HTTP, and seconds of each search by the size of the table."""

    added: float
    seconds: dict[int, list[float]]


async def measure(folder: Path, address: Address, plan: Plan) -> Searched:
    chance = random.Random(7)
    seconds: dict[int, list[float]] = {}
    async with open_shelf(address, "memories") as shelf:
        owners = [await shelf.new_assistant() for _ in range(ASSISTANTS)]
        there = 0
        for count in plan.chunk_counts:
            await _fill(shelf, owners, chance, begin=there, end=count)
            there = count
            seconds[count] = await _search(shelf, owners, chance, plan.searches)
    return Searched(await _add(folder, chance), seconds)


async def _fill(
    shelf: Shelf, owners: Sequence[UUID], chance: random.Random, *, begin: int, end: int
) -> None:
    moment = clock.now()
    await shelf.engine.dispose()
    connection = await asyncpg.connect(shelf.database.url)
    try:
        await connection.copy_records_to_table(
            "memories",
            columns=_COLUMNS,
            records=(
                (
                    new_id(),
                    shelf.tenant_id,
                    owners[at % len(owners)],
                    " ".join(prose.words(chance, _WORDS)),
                    moment,
                    moment,
                )
                for at in range(begin, end)
            ),
        )
        await connection.execute(_EMBED, LOCAL.key)
        await connection.execute("VACUUM ANALYZE memories")
    finally:
        await connection.close()


async def _search(
    shelf: Shelf, owners: Sequence[UUID], chance: random.Random, count: int
) -> list[float]:
    taken: list[float] = []
    for _ in range(count):
        question = " ".join(prose.words(chance, 8))
        vector = Vector(LOCAL.key, [chance.random() - 0.5 for _ in range(LOCAL.dims)])
        async with shelf.scopes(shelf.tenant_id) as scope:
            begun = perf_counter()
            await nearest(scope, chance.choice(owners), question, [vector], top=20)
            taken.append(perf_counter() - begun)
    return taken


async def _add(folder: Path, chance: random.Random) -> float:
    """Memories a second, one after the other over HTTP, each embedded."""
    data = str(folder / "adding")
    async with (
        running(
            "adding",
            "pegboard.cli.program",
            *("serve", "--port", "0", "--data-dir", data),
            folder=folder,
            PEGBOARD_SANDBOX="always",
        ) as program,
        connected(address_of(program)) as connection,
    ):
        assistant = await connection.post_json("/api/assistants", name="bench")
        path = f"/api/assistants/{assistant['assistant_id']}/memories"
        await connection.post_json(path, content="warm up")
        begun = perf_counter()
        for _ in range(_ADDED):
            content = " ".join(prose.words(chance, _WORDS))
            await connection.post(path, json.dumps({"content": content}).encode())
        return _ADDED / (perf_counter() - begun)


def report(searched: Searched) -> str:
    rows = [
        (f"{count:,} memories", ms(percentile(taken, 50)), ms(percentile(taken, 95)))
        for count, taken in searched.seconds.items()
    ]
    return table(
        f"Search in the memories of one of {ASSISTANTS} assistants, the question being embedded",
        ("", "p50 ms", "p95 ms"),
        rows,
        f"Added over HTTP, embedding included, one at a time: {searched.added:.0f} a second.",
    )
