"""What is counted, for Prometheus.

Where `FOLDER_VARIABLE` names a folder when a process starts, its library counts in files there;
whichever process of several is asked tells the sums of all, of those that are gone too.
"""

import os
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"

REQUESTS: Final = Counter(
    "pegboard_requests",
    "HTTP requests by surface, method and status",
    ["surface", "method", "status"],
)
RUNS: Final = Counter(
    "pegboard_runs", "Plays of runs by the status they came to rest in", ["status"]
)
RUN_SECONDS: Final = Histogram(
    "pegboard_run_seconds",
    "Seconds from the start of a play to its rest",
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300),
)
RESCUED: Final = Counter("pegboard_runs_rescued", "Runs ended because their process was gone")


def exposition() -> bytes:
    """What a scrape is told. Reads files where several processes count."""
    if FOLDER_VARIABLE not in os.environ:
        return generate_latest()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
