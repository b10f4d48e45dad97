"""A text and its limits in, what may be sent of it out."""

from collections.abc import Iterable

from pegboard.llm.sandbox.pieces import cut
from pegboard.llm.tokens import count_tokens


def before_stop(text: str, stops: Iterable[str]) -> str:
    """The text up to the first stop sequence, which is left out."""
    places = [text.find(stop) for stop in stops if stop]
    return text[: min((place for place in places if place >= 0), default=len(text))]


def within_tokens(text: str, limit: int | None) -> str:
    """As many whole pieces as the limit allows."""
    if limit is None or count_tokens(text) <= limit:
        return text
    left = limit
    pieces: list[str] = []
    for piece in cut(text):
        left -= count_tokens(piece)
        if left < 0:
            break
        pieces.append(piece)
    return "".join(pieces)
