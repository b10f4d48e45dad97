"""How much is measured."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Plan:
    """Counts are per server; what has `rounds` is repeated so often, servers in turn.

    `chunk_counts` are the sizes of the table that is searched, growing; `searches` are for each.
    `floods` are the names of those that the neighbour is to see, all if there are none, on the
    server of the clone `server_root`, if not on this one's. For `quiet_seconds` it is watched
    before and after each; steady ones go on for `flood_seconds`.
    """

    rounds: int
    alone: int
    crowd: int
    streams: int
    crowd_rounds: int
    long_rounds: int
    long_words: int
    threads: int
    turns: int
    stored_turns: int
    cold_starts: int
    text_bytes: int
    pdf_pages: int
    chunk_counts: tuple[int, ...]
    searches: int
    quiet_seconds: float
    flood_seconds: float
    floods: tuple[str, ...] = ()
    server_root: Path | None = None
    conversations: Path | None = None


FULL = Plan(
    rounds=5,
    alone=100,
    crowd=200,
    streams=40,
    crowd_rounds=3,
    long_rounds=5,
    long_words=2000,
    threads=5,
    turns=200,
    stored_turns=100,
    cold_starts=3,
    text_bytes=300_000,
    pdf_pages=60,
    chunk_counts=(1_000, 10_000, 100_000),
    searches=200,
    quiet_seconds=4.0,
    flood_seconds=6.0,
)
QUICK = Plan(
    rounds=2,
    alone=20,
    crowd=40,
    streams=10,
    crowd_rounds=1,
    long_rounds=1,
    long_words=1000,
    threads=1,
    turns=100,
    stored_turns=20,
    cold_starts=1,
    text_bytes=50_000,
    pdf_pages=10,
    chunk_counts=(1_000, 10_000),
    searches=50,
    quiet_seconds=2.0,
    flood_seconds=3.0,
)
