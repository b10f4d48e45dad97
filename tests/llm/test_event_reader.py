"""Server-sent events are the same however their bytes are cut."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard.llm.openai_compatible import events
from pegboard.llm.openai_compatible.events import EventReader, EventTooLong

STREAM = (
    b": a comment\n\n"
    b'event: message\ndata: {"a": "\xc3\xb6"}\n\n'
    b"data:no blank\r\n\r\n"
    b"id: 1\ndata: two\ndata: lines\n\n"
    b"data: \n\n"
    b"\n\n"
    b"data: [DONE]\n\ndata: begun"
)
DATA = [b'{"a": "\xc3\xb6"}', b"no blank", b"two\nlines", b"", b"[DONE]", b"begun"]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_events_are_the_same_however_they_are_cut(places: list[int]) -> None:
    reader = EventReader()
    cuts = [0, *sorted(places), len(STREAM)]
    read = [data for a, b in itertools.pairwise(cuts) for data in reader.feed(STREAM[a:b])]
    assert [*read, *reader.end()] == DATA


def test_an_event_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "LONGEST_EVENT", 100)
    reader = EventReader()
    assert list(reader.feed(b"data: " + b"x" * 90)) == []
    with pytest.raises(EventTooLong):
        list(reader.feed(b"x" * 90))
