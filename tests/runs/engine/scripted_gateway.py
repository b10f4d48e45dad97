"""A model that says what is written down, and a clock that moves only when it does.

A script's pieces are tuples:

    ("text", text)  ("refusal", text)  ("reasoning", text)
    ("signed", signature)                  the end of a block of reasoning
    ("encrypted", text)                    a block of reasoning that is not shown
    ("call", index, id, name, arguments)   a piece of a call; None for what it does not bring
    ("finish", reason, *figures)           figures: tokens read and written, cached, cost in
                                           dollars, tokens of reasoning
    ("fail", code, message, retry_after)   one of the failures that gateways raise
    ("fault", message)                     an exception that no gateway should raise

A round that ends without one of the last three was cut off.
"""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from unittest.mock import patch

from pegboard import clock
from pegboard.llm import failures
from pegboard.llm.gateway import (
    Delta,
    Finished,
    FinishReason,
    ModelName,
    ModelRequest,
    ReasoningPiece,
    RefusalPiece,
    TextPiece,
    ToolCallPiece,
    Usage,
)
from tests.runs.engine.scenario import Piece, Round

BEGINNING: Final = datetime(2026, 1, 1, tzinfo=UTC)
_FAILURES: Final = {
    failure.code: failure
    for failure in (
        failures.ContextTooLong,
        failures.PromptRejected,
        failures.ProviderUnavailable,
        failures.RateLimited,
    )
}


class Watch:
    """The time: a second for each piece that the model says, and none between."""

    def __init__(self, moment: datetime = BEGINNING) -> None:
        self._moment = moment

    def tick(self) -> None:
        self._moment += timedelta(seconds=1)

    @contextmanager
    def worn(self) -> Iterator[None]:
        """A block in which the application's time is this one's."""
        with patch.object(clock, "now", lambda: self._moment):
            yield


class ScriptedGateway:
    """`requests` are those it got, `open` how many answers are being given."""

    def __init__(self, rounds: Sequence[Round], watch: Watch) -> None:
        self._rounds = list(rounds)
        self._watch = watch
        self.requests: list[ModelRequest] = []
        self.open = 0

    @property
    def unasked(self) -> int:
        """Rounds that are written and were not asked for; below 0 where more were asked for."""
        return len(self._rounds) - len(self.requests)

    def answers_as(self, model: ModelName) -> ModelName:
        return model

    def simulates(self, model: ModelName) -> bool:
        return False

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Delta, None]:
        self.requests.append(request)
        self.open += 1
        try:
            for piece in self._rounds[len(self.requests) - 1]:
                self._watch.tick()
                yield _delta(piece)
        finally:
            self.open -= 1


def _delta(piece: Piece) -> Delta:
    match piece:
        case ("text", text):
            return TextPiece(text)
        case ("refusal", text):
            return RefusalPiece(text)
        case ("reasoning", text):
            return ReasoningPiece(text)
        case ("signed", signature):
            return ReasoningPiece(signature=signature)
        case ("encrypted", text):
            return ReasoningPiece(encrypted=text)
        case ("call", index, call_id, name, arguments):
            return ToolCallPiece(index, call_id, name, arguments)
        case ("finish", reason, *figures):
            return Finished(FinishReason(reason), _usage(*figures))
        case ("fail", code, message, *pause):
            raise _FAILURES[code](message, retry_after=pause[0] if pause else None)
        case ("fault", message):
            raise RuntimeError(message)
    raise ValueError(piece)


def _usage(
    read: int, written: int, cached: int = 0, cost: str | None = None, reasoning: int = 0
) -> Usage:
    return Usage(
        read,
        written,
        cached_input_tokens=cached,
        cost_usd=None if cost is None else Decimal(cost),
        reasoning_tokens=reasoning,
    )
