"""A streamed answer: bytes in, deltas out, and a word for what is no stream at all. Pure."""

from collections.abc import Iterator
from typing import Final

import msgspec

from pegboard.llm import failures
from pegboard.llm.error_answers import UNREADABLE
from pegboard.llm.gateway import Delta, Finished
from pegboard.llm.openai_compatible.answer_reader import AnswerReader
from pegboard.llm.openai_compatible.error_bodies import PAGE_INSTEAD
from pegboard.llm.openai_compatible.events import EventReader, EventTooLong
from pegboard.llm.price_table import PricedModel

_MOST_KEPT: Final = 100_000
"""Bytes of what may turn out to be something else."""


class StreamReader:
    """`is_done` once nothing more matters, `has_reason` once only figures are missing."""

    __slots__ = ("_answer", "_before", "_events")

    def __init__(self) -> None:
        self._events = EventReader()
        self._answer = AnswerReader(page=PAGE_INSTEAD)
        self._before: bytes | None = b""  # None from the first event on

    @property
    def is_done(self) -> bool:
        return self._answer.is_done

    @property
    def has_reason(self) -> bool:
        return self._answer.has_reason

    def feed(self, received: bytes) -> Iterator[Delta]:
        """Raises a ModelFailure for an error amid the stream, and for what cannot be read."""
        if self._before is not None:
            self._before = (self._before + received)[:_MOST_KEPT]
        try:
            for data in self._events.feed(received):
                self._before = None
                yield from self._answer.read(data)
                if self._answer.is_done:
                    return
        except EventTooLong:
            raise failures.ProviderUnavailable(UNREADABLE) from None

    def end(self) -> Iterator[Delta]:
        """What was begun and is whole; or all of it, where there was no event in it."""
        if self.is_done:
            return
        for data in self._events.end():
            self._before = None
            if _is_json(data):
                yield from self._answer.read(data)
        if self._before and self._before.strip():
            yield from self._answer.read(self._before)

    def finished(self, priced: PricedModel | None) -> Finished:
        """Raises StreamCutOff."""
        return self._answer.finished(priced)


def _is_json(data: bytes) -> bool:
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except msgspec.DecodeError:
        return data == b"[DONE]"
    return True
