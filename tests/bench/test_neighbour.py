"""What the neighbour has seen is parted by the flood, and its clock does not wait for answers."""

from itertools import islice
from math import isnan

import pytest

from bench.neighbour.calling import NO_ANSWER, Answer, parsed
from bench.neighbour.samples import RequestKind, Sample, Seen, dues, parted


def test_what_was_waiting_when_the_flood_began_is_of_the_flood() -> None:
    quiet = Sample(RequestKind.READ, due=1.0, seconds=0.1, status=200)
    caught = Sample(RequestKind.READ, due=1.9, seconds=3.0, status=200)
    within = Sample(RequestKind.MESSAGE, due=2.5, seconds=0.1, status=503)
    late = Sample(RequestKind.READ, due=3.9, seconds=5.0, status=NO_ANSWER)
    after = Sample(RequestKind.READ, due=4.5, seconds=0.1, status=200)
    phases = parted([quiet, caught, within, late, after], begun=2.0, ended=4.0)
    assert list(phases.before.samples) == [quiet]
    assert list(phases.during.samples) == [caught, within, late]
    assert list(phases.after.samples) == [after]


def test_percentiles_are_of_the_kinds_that_are_asked_for() -> None:
    reads = [Sample(RequestKind.READ, 0.0, number / 1000, 200) for number in range(1, 101)]
    seen = Seen(
        [
            *reads,
            Sample(RequestKind.HEALTH, 0.0, 9.0, 429),
            Sample(RequestKind.FILE, 0.0, 30.0, 503),
        ]
    )
    assert (seen.ms(50, RequestKind.READ), seen.ms(99, RequestKind.READ)) == (50.0, 99.0)
    assert isnan(seen.ms(99, RequestKind.MESSAGE))
    assert (seen.answered(500, 599), seen.answered(429, 429), seen.unanswered) == (1, 1, 0)


def test_moments_of_an_open_loop_are_fixed_beforehand() -> None:
    times = list(islice(dues(10.0, interval=0.25, offset=0.5), 3))
    assert times == [10.5, 10.75, 11.0]


@pytest.mark.parametrize(
    ("received", "answer"),
    [
        (b"HTTP/1.1 429 Busy\r\ncontent-length: 2\r\n\r\n{}", Answer(429, b"{}")),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
            Answer(200, b"abc"),
        ),
        (b"HTTP/1.1 413 Too much\r\n", Answer(413, b"")),
        (b"HTTP/1.", Answer(NO_ANSWER, b"")),
        (b"", Answer(NO_ANSWER, b"")),
    ],
)
def test_answers_count_as_far_as_they_were_read(received: bytes, answer: Answer) -> None:
    assert parsed(received) == answer
