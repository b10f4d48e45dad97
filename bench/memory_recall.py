"""How well memories are found again: conversations kept turn by turn, then asked about.

No model judges: a question counts as answered by the turns that its author named as evidence.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from bench.client import Connection, connected
from bench.figures import percentile
from bench.locomo import JudgedQuestion, Sample, read_samples
from bench.processes import running
from bench.subjects import address_of
from bench.tables import ms, table

_TURNS: Final = 20
_SESSIONS: Final = 5


@dataclass(frozen=True, slots=True)
class Answered:
    """One question: the share of its evidence among the first turns, and where the first stood."""

    recall: float
    hit: bool
    reciprocal_rank: float
    session_hit: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Recalled:
    turns: int
    seconds_to_keep: float
    answered: tuple[Answered, ...]


async def measure(folder: Path, conversations: Path) -> Recalled:
    """An assistant for each conversation, on a server of its own."""
    samples = read_samples(conversations)
    data = str(folder / "recall")
    async with (
        running(
            "recall",
            "pegboard.cli.program",
            *("serve", "--port", "0", "--data-dir", data),
            folder=folder,
            PEGBOARD_SANDBOX="always",
        ) as program,
        connected(address_of(program)) as connection,
    ):
        keeping_seconds, answered = 0.0, list[Answered]()
        for sample in samples:
            assistant = await connection.post_json("/api/assistants", name="bench")
            memories = f"/api/assistants/{assistant['assistant_id']}/memories"
            begun = perf_counter()
            await _keep(connection, memories, sample)
            keeping_seconds += perf_counter() - begun
            answered += [await _ask(connection, memories, one) for one in sample.questions]
    return Recalled(sum(len(sample.turns) for sample in samples), keeping_seconds, tuple(answered))


async def _keep(connection: Connection, memories: str, sample: Sample) -> None:
    for turn in sample.turns:
        await connection.post_json(
            memories,
            content=f"{turn.speaker}: {turn.text}",
            metadata={"dia_id": turn.dia_id, "session": turn.session, "said_at": turn.said_at},
        )


async def _ask(connection: Connection, memories: str, judged: JudgedQuestion) -> Answered:
    begun = perf_counter()
    body = json.dumps({"query": judged.question, "limit": 50}).encode()
    ranked: list[dict[str, Any]] = json.loads(await connection.post(f"{memories}/search", body))[
        "memories"
    ]
    seconds = perf_counter() - begun
    ids = [memory["metadata"]["dia_id"] for memory in ranked]
    sessions = list(dict.fromkeys(one.partition(":")[0] for one in ids))
    return score(judged, ids, sessions, seconds)


def score(
    judged: JudgedQuestion, ids: Sequence[str], sessions: Sequence[str], seconds: float
) -> Answered:
    """What a ranking of turns, and of the sessions they stand in, is worth for a question."""
    first = set(ids[:_TURNS])
    ranks = [rank for rank, one in enumerate(ids, start=1) if one in judged.evidence]
    wanted = {one.partition(":")[0] for one in judged.evidence}
    return Answered(
        recall=len(judged.evidence & first) / len(judged.evidence),
        hit=bool(judged.evidence & first),
        reciprocal_rank=1 / ranks[0] if ranks else 0.0,
        session_hit=bool(wanted & set(sessions[:_SESSIONS])),
        seconds=seconds,
    )


def report(recalled: Recalled) -> str:
    answered = recalled.answered
    seconds = [one.seconds for one in answered]
    rows = [
        (f"turn recall@{_TURNS}", _share([one.recall for one in answered])),
        (f"hit@{_TURNS}", _share([one.hit for one in answered])),
        ("MRR", _share([one.reciprocal_rank for one in answered])),
        (f"session hit@{_SESSIONS}", _share([one.session_hit for one in answered])),
        ("search p50 / p95 ms", f"{ms(percentile(seconds, 50))} / {ms(percentile(seconds, 95))}"),
        ("turns kept a second", f"{recalled.turns / recalled.seconds_to_keep:.0f}"),
    ]
    return table(
        f"Recall of {recalled.turns} turns by {len(answered)} questions, no model judging",
        ("", ""),
        rows,
    )


def _share(values: Sequence[float]) -> str:
    return f"{sum(values) / len(values):.3f}" if values else "-"
