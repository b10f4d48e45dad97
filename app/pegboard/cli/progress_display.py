"""Shows how far a command has come: a bar on a terminal, elsewhere a line of the log at times."""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from time import monotonic
from typing import Final, TextIO

import structlog

BAR_SECONDS: Final = 0.1
LINE_SECONDS: Final = 5.0
"""A command that is done sooner has nothing to say in between."""

_WIDTH: Final = 30

log = structlog.get_logger("pegboard.cli")


class ProgressDisplay:
    """Called as a Progress; `close` takes the bar away again."""

    def __init__(self, screen: TextIO, *, clock: Callable[[], float] = monotonic) -> None:
        self._screen = screen
        self._clock = clock
        self._is_terminal = screen.isatty()
        self._shown = clock() - (BAR_SECONDS if self._is_terminal else 0)
        self._length = 0

    def __call__(self, what: str, done: int, total: int) -> None:
        now = self._clock()
        if now - self._shown < (BAR_SECONDS if self._is_terminal else LINE_SECONDS):
            return
        self._shown = now
        if not self._is_terminal:
            log.info("progress", what=what, done=done, total=total)
            return
        filled = round(_WIDTH * min(done / total, 1.0)) if total else 0
        self._write(f"{what:<20} [{'#' * filled}{'.' * (_WIDTH - filled)}] {done:,} of {total:,}")

    def close(self) -> None:
        if self._length:
            self._write("")
            self._screen.write("\r")
            self._screen.flush()

    def _write(self, line: str) -> None:
        self._screen.write(f"\r{line:<{self._length}}")
        self._screen.flush()
        self._length = len(line)


@contextmanager
def shown_progress() -> Iterator[ProgressDisplay]:
    """A display on standard error for as long as the block lasts."""
    with closing(ProgressDisplay(sys.stderr)) as progress:
        yield progress
