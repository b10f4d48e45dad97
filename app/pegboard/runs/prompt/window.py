"""Fit a prompt into a model's window. Pure.

The oldest turns go first. An exchange goes whole: a user's message with all that answered it, so
that no tool output is left without its call. The system prompt and the newest exchange always stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pegboard.llm.failures import ContextTooLong
from pegboard.llm.gateway import Turn, UserTurn


@dataclass(frozen=True, slots=True)
class SizedTurn:
    turn: Turn
    tokens: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """The turns that fit, what they take, and how many were left out."""

    turns: tuple[Turn, ...]
    used_tokens: int
    trimmed: int


def room_for_prompt(context_limit: int, max_output: int | None) -> int:
    """Tokens that a prompt may take, leaving a share for the answer."""
    reserve = min(max_output or 4096, 4096, context_limit // 4)
    return context_limit - reserve


def fit(turns: Sequence[SizedTurn], *, fixed_tokens: int, room: int) -> Fitted:
    """Keep the newest exchanges that fit beside `fixed_tokens` of system text and tools.

    Raises ContextTooLong where even the newest exchange alone is too large.
    """
    exchanges = _exchanges(turns)
    used = fixed_tokens
    fitting: list[Sequence[SizedTurn]] = []
    for exchange in reversed(exchanges):
        size = sum(sized.tokens for sized in exchange)
        if used + size > room:
            if fitting:
                break
            raise ContextTooLong(
                f"context_length_exceeded: the message and its instructions take about "
                f"{used + size} tokens, the model's window has room for {room}"
            )
        fitting.append(exchange)
        used += size
    chosen = tuple(sized.turn for exchange in reversed(fitting) for sized in exchange)
    return Fitted(chosen, used, len(turns) - len(chosen))


def _exchanges(turns: Sequence[SizedTurn]) -> list[list[SizedTurn]]:
    exchanges: list[list[SizedTurn]] = []
    for sized in turns:
        if isinstance(sized.turn, UserTurn) or not exchanges:
            exchanges.append([])
        exchanges[-1].append(sized)
    return exchanges
