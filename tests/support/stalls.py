"""How long a server keeps everybody waiting: the longest stall of its event loop, from outside.

Its own process asks `/healthz` again and again on one connection. So that a busy machine fails no
test, what is counted of a wait is what the server spent on it: the time in which it could not run
is taken off (`/proc/PID/schedstat`, Linux), and no more is left than the time that it computed.
Elsewhere the wait itself is counted.
"""

import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tests.support.server import Server

_PAUSE: Final = 0.002
_REQUEST: Final = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
_ANSWER: Final = b"ok\n"


class Stalls:
    """The longest stall since it was last read, in seconds."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def longest(self) -> float:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())


@contextmanager
def watched(server: Server) -> Iterator[Stalls]:
    arguments = [sys.executable, "-m", "tests.support.stalls", str(server.process.pid), server.url]
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Stalls(process)
        finally:
            process.kill()


def own_speed() -> float:
    """Seconds that a fixed piece of work takes here and now: to measure stalls by."""
    best = 1.0
    for _ in range(5):
        begun = time.thread_time()
        sum(len(str(number)) for number in range(50_000))
        best = min(best, time.thread_time() - begun)
    return best


class _Clock:
    """Seconds that processes have computed, and waited for a processor."""

    def __init__(self, pid: int) -> None:
        self._tasks = Path(f"/proc/{pid}/task")
        self._main = self._tasks / str(pid)

    def computed(self) -> float:
        try:
            return sum(_schedstat(one)[0] for one in self._tasks.iterdir())
        except OSError:
            return time.monotonic()

    def waited(self) -> float:
        try:
            return _schedstat(self._main)[1] + _schedstat(Path("/proc/self"))[1]
        except OSError:
            return 0.0


def _schedstat(task: Path) -> tuple[float, float]:
    try:
        ran, waited, _ = (task / "schedstat").read_text().split()
    except ProcessLookupError:  # a thread that has just ended
        return 0.0, 0.0
    return int(ran) / 1e9, int(waited) / 1e9


def _watch(pid: int, url: str) -> None:
    address = urlsplit(url)
    clock = _Clock(pid)
    longest = 0.0
    with socket.create_connection((address.hostname or "", address.port or 80)) as connection:
        while True:
            begun, computed, waited = time.monotonic(), clock.computed(), clock.waited()
            connection.sendall(_REQUEST)
            answer = b""
            while not answer.endswith(_ANSWER):
                answer += connection.recv(4096)
            wait = time.monotonic() - begun - (clock.waited() - waited)
            longest = max(longest, min(wait, clock.computed() - computed))
            if _was_asked():
                sys.stdin.readline()
                sys.stdout.write(f"{longest}\n")
                sys.stdout.flush()
                longest = 0.0
            time.sleep(_PAUSE)


def _was_asked() -> bool:
    return bool(select.select([sys.stdin], [], [], 0)[0])


if __name__ == "__main__":
    _watch(int(sys.argv[1]), sys.argv[2])
