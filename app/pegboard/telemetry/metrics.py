"""What is counted, for Prometheus; `docs/metrics.md` describes each.

Where `FOLDER_VARIABLE` names a folder when a process starts, its library counts in files there;
whichever process of several is asked gives the sums of all, of those that are gone too.

Labels have few values. None is what a client sends as it stands: each value is kept for ever.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"

_QUICK: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_SLOW: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)

REQUESTS: Final = Counter(
    "pegboard_requests",
    "HTTP requests by API, method and status",
    ["api", "method", "status"],
)
REQUESTS_REJECTED: Final = Counter(
    "pegboard_requests_rejected",
    "Requests answered with 429 for what their tenant has going already, by what that is",
    ["limit"],
)
for _limit in ("waiting", "runs"):
    REQUESTS_REJECTED.labels(_limit)  # counted as 0 before the first
REQUESTS_WAITING: Final = Gauge(
    "pegboard_requests_waiting",
    "Requests that wait for their turn",
    multiprocess_mode="livesum",
)
LOOP_LAG_SECONDS: Final = Gauge(
    "pegboard_event_loop_lag_seconds",
    "The longest time in the last seconds that the event loop was late",
    multiprocess_mode="livemax",
)
LOOP_STALLS: Final = Counter(
    "pegboard_event_loop_stalls",
    "Times that the event loop was held up for longer than 50 ms",
)
REQUEST_SECONDS: Final = Histogram(
    "pegboard_request_seconds",
    "Seconds from a request to the beginning of its answer",
    ["api", "method"],
    buckets=_QUICK,
)
STREAMS: Final = Gauge(
    "pegboard_streams_open",
    "Answers that are being streamed",
    ["api"],
    multiprocess_mode="livesum",
)
RUNS: Final = Counter(
    "pegboard_runs", "Executions of runs by the status in which they settled", ["status"]
)
RUN_SECONDS: Final = Histogram(
    "pegboard_run_seconds",
    "Seconds from the start of an execution until its run has settled",
    buckets=_SLOW,
)
RUNS_IN_PROGRESS: Final = Gauge(
    "pegboard_runs_in_progress",
    "Runs being executed by this server",
    multiprocess_mode="livesum",
)
RESCUED: Final = Counter("pegboard_runs_rescued", "Runs taken up because their process was gone")
FIRST_TOKEN_SECONDS: Final = Histogram(
    "pegboard_time_to_first_token_seconds",
    "Seconds from the start of a streamed execution to the first that is seen of its answer",
    ["provider"],
    buckets=_SLOW,
)
MODEL_SECONDS: Final = Histogram(
    "pegboard_model_call_seconds",
    "Seconds from a call of a model to the end of its answer",
    ["provider", "operation"],
    buckets=_SLOW,
)
TOKENS: Final = Counter(
    "pegboard_tokens",
    "Tokens that models have read and written; what is cached_input is in input as well",
    ["provider", "model", "kind"],
)
PROVIDER_ERRORS: Final = Counter(
    "pegboard_provider_errors",
    "Calls of models that failed",
    ["provider", "kind"],
)
CONNECTIONS_IN_USE: Final = Gauge(
    "pegboard_database_connections_in_use",
    "Connections to the database that are taken from the pool",
    multiprocess_mode="livesum",
)
CONNECTIONS_AT_MOST: Final = Gauge(
    "pegboard_database_connections_limit",
    "Connections that the pool opens at most",
    multiprocess_mode="livesum",
)
CONNECTIONS_OPEN: Final = Gauge(
    "pegboard_connections_open",
    "Connections of clients",
    multiprocess_mode="livesum",
)
CONNECTIONS_LIMIT: Final = Gauge(
    "pegboard_connections_limit",
    "Connections of clients that are held at most",
    multiprocess_mode="livesum",
)
CONNECTIONS_DROPPED: Final = Counter(
    "pegboard_connections_dropped",
    "Connections of clients that were cut off or turned away",
    ["cause"],
)


def exposition() -> bytes:
    """What a scrape gets. Reads files where several processes count."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder is None:
        return generate_latest()
    _forget_present_of_the_gone(Path(folder))
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def _forget_present_of_the_gone(folder: Path) -> None:
    """What a process has counted stays; what it had open or in progress went with it."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if pid.isdigit() and not _lives(int(pid)):
            with suppress(FileNotFoundError):  # another process has been asked as well
                file.unlink()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
