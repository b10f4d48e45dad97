"""Text in, the pieces in which it is streamed out: a word with the blanks after it."""

import re
from collections.abc import Iterable, Iterator

from pegboard.llm.gateway import (
    Delta,
    ReasoningPiece,
    RefusalPiece,
    TextPiece,
    ToolCall,
    ToolCallPiece,
)

_LONGEST = 64
_PIECE = re.compile(rf"\s{{1,{_LONGEST}}}|\S{{1,{_LONGEST}}}(?:(?!\S)\s{{0,{_LONGEST}}})?")


def cut(text: str) -> Iterator[str]:
    """Pieces that, joined, are the text."""
    return (piece.group() for piece in _PIECE.finditer(text))


def deltas(
    reasoning: str, text: str, refusal: str, calls: Iterable[ToolCall], *, streaming: bool
) -> Iterator[Delta]:
    """Reasoning first, then text, then what is refused, then the calls."""
    split = cut if streaming else _uncut
    yield from (ReasoningPiece(piece) for piece in split(reasoning))
    yield from (TextPiece(piece) for piece in split(text))
    yield from (RefusalPiece(piece) for piece in split(refusal))
    for index, call in enumerate(calls):
        yield ToolCallPiece(index, id=call.id, name=call.name)
        yield from (ToolCallPiece(index, arguments=piece) for piece in split(call.arguments))


def _uncut(text: str) -> list[str]:
    return [text] if text else []
