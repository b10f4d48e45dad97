"""A streamed answer: bytes in, deltas out, and a word for what is no stream at all. Pure."""

from collections.abc import Iterator
from typing import Final

import msgspec

from pegboard.llm import failures
from pegboard.llm.error_answers import UNREADABLE
from pegboard.llm.gateway import Delta
from pegboard.llm.openai_compatible.answer_reader import AnswerReader
from pegboard.llm.openai_compatible.error_bodies import PAGE_INSTEAD
from pegboard.llm.openai_compatible.events import EventReader, EventTooLong

_MOST_KEPT: Final = 100_000
"""Bytes of what may turn out to be something else."""


class StreamReader:
    """`answer` is what has been read so far."""

    __slots__ = ("_before", "_events", "answer")

    def __init__(self) -> None:
        self._events = EventReader()
        self.answer = AnswerReader(page=PAGE_INSTEAD)
        self._before: bytes | None = b""  # None from the first event on

    def feed(self, received: bytes) -> Iterator[Delta]:
        """Raises a ModelFailure for an error amid the stream, and for what cannot be read."""
        if self._before is not None:
            self._before = (self._before + received)[:_MOST_KEPT]
        try:
            for data in self._events.feed(received):
                self._before = None
                yield from self.answer.read(data)
                if self.answer.is_done:
                    return
        except EventTooLong:
            raise failures.ProviderUnavailable(UNREADABLE) from None

    def end(self) -> Iterator[Delta]:
        """What was begun and is whole; or all of it, where there was no event in it."""
        if self.answer.is_done:
            return
        for data in self._events.end():
            self._before = None
            if _is_json(data):
                yield from self.answer.read(data)
        if self._before and self._before.strip():
            yield from self.answer.read(self._before)


def _is_json(data: bytes) -> bool:
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except msgspec.DecodeError:
        return data == b"[DONE]"
    return True
