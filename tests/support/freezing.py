"""Stop a process as a machine does that stands still."""

import os
import signal
import time

from tests.support.deadlines import deadline
from tests.support.postgres import query
from tests.support.server import Server

_IN_TRANSACTIONS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND (state = 'active' OR state LIKE 'idle in transaction%')
"""


def freeze(server: Server, url: str) -> None:
    """Between two of its transactions: in the midst of one it would keep its locks from everybody
    for as long as it stands still. It is to be the only one that uses the database."""
    end = deadline()
    while True:
        os.kill(server.process.pid, signal.SIGSTOP)
        if query(url, _IN_TRANSACTIONS) == [(0,)]:
            return
        os.kill(server.process.pid, signal.SIGCONT)
        assert time.monotonic() < end
        time.sleep(0.01)
