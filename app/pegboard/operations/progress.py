"""How far long work has come, for whoever waits for it."""

from typing import Protocol


class Progress(Protocol):
    """Called often, with what is being worked on, how much of it is done, and about how much there
    is, in whatever is counted."""

    def __call__(self, what: str, done: int, total: int) -> None: ...


def ignore_progress(what: str, done: int, total: int) -> None:
    """Nobody waits."""
