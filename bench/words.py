"""The text that every model of the bench answers with, and how it is asked for."""

from functools import cache
from typing import Final

LAST: Final = "done."
_WORDS: Final = ("slate", "river", "copper", "meadow", "signal", "harbour", "ember", "willow")


@cache
def pieces(count: int) -> tuple[str, ...]:
    """`count` words as a model would stream them, the last of them LAST."""
    return (*(f"{_WORDS[at % len(_WORDS)]} " for at in range(count - 1)), LAST)


def text(count: int) -> str:
    return "".join(pieces(count))


def question(count: int) -> str:
    """What makes the fake upstream answer with `count` words."""
    return f"Tell me about the colours of the evening and say {count} words"
