"""What is counted, for Prometheus."""

from typing import Final

from prometheus_client import Counter, Histogram

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
