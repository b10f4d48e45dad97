"""Files made to harm end in a plain reason, in time, and the server hardly notices."""

import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pegboard.documents.formats import ACCEPTED, reader_of
from pegboard.documents.formats.faults import UnreadableFile
from pegboard.documents.formats.signatures import check
from pegboard.documents.parsing.forked import Readers
from pegboard.documents.parsing.limits import Limits
from pegboard.documents.parsing.parser import parse
from tests.documents import made_files as made
from tests.documents.bombs import BOMBS, picture_of_gigapixels
from tests.support.deadlines import patience

LIMITS = Limits(seconds=patience(60), cpu_seconds=6, memory=512 * 1024 * 1024)
MOST_GROWTH = 50 * 1024 * 1024
MUTABLE = {
    ".docx": made.docx(made.paragraph("Hello") + made.table(("A", "B"), ("1", "2"))),
    ".xlsx": made.xlsx(S=made.cells(("A", "B"), ("1", "2"))),
    ".pptx": made.pptx(("Title", "Text")),
    ".pdf": made.pdf(*made.pdf_pages("Hello", "World")),
    ".doc": (Path(__file__).parent / "samples" / "guide.doc").read_bytes(),
    ".xls": (Path(__file__).parent / "samples" / "prices.xls").read_bytes(),
    ".html": b"<html><table><tr><td>a<td>b</table><h1>x</h1>",
    ".xml": b'<?xml version="1.0"?><a b="c"><d>e</d></a>',
    ".json": b'{"a": [1, {"b": null}]}',
    ".csv": b'a,b\n1,"2\n3"\n',
    ".md": b"# a\n|b|c|\n|-|-|\n|d|e|\n",
}


# One fork server for all files, as in a server; it belongs to the loop that it was started in.
in_one_loop = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    """As the server starts them."""
    readers = Readers()
    yield readers
    readers.close()


@in_one_loop
@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: str(bomb.__name__))
@pytest.mark.requirement("documents.hostile")
async def test_a_bomb_ends_in_a_plain_reason(
    bomb: Callable[[], bytes], tmp_path: Path, readers: Readers
) -> None:
    suffix, reason = BOMBS[bomb]
    path = tmp_path / f"bomb{suffix}"
    path.write_bytes(bomb())
    server = psutil.Process()
    before = server.memory_info().rss
    with pytest.raises(UnreadableFile) as raised:
        await parse(path, suffix, limits=LIMITS, start=readers.start)
    assert raised.value.message == reason
    assert server.memory_info().rss - before < MOST_GROWTH


@in_one_loop
async def test_a_picture_of_gigapixels_is_not_unfolded(tmp_path: Path, readers: Readers) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(picture_of_gigapixels())
    with pytest.raises(UnreadableFile):  # by tesseract, or for want of it
        await parse(path, ".png", limits=LIMITS, start=readers.start)


@settings(max_examples=300, deadline=None)
@given(
    data=st.binary(max_size=400),
    head=st.sampled_from([b"", b"%PDF-1.7\n", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]),
    suffix=st.sampled_from(sorted(ACCEPTED)),
)
@pytest.mark.requirement("documents.hostile")
def test_any_bytes_are_read_or_refused(data: bytes, head: bytes, suffix: str) -> None:
    file = io.BytesIO(head + data)
    with suppress(UnreadableFile):
        check(file, suffix)
        list(reader_of(suffix)(file, suffix))


@in_one_loop
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    suffix=st.sampled_from(sorted(MUTABLE)),
    changes=st.lists(st.tuples(st.integers(0, 1 << 20), st.binary(max_size=8)), max_size=6),
    cut=st.integers(0, 200),
)
async def test_damaged_files_are_read_or_refused(
    tmp_path: Path, readers: Readers, suffix: str, changes: list[tuple[int, bytes]], cut: int
) -> None:
    data = bytearray(MUTABLE[suffix])
    for place, change in changes:
        start = place % len(data)
        data[start : start + len(change)] = change
    path = tmp_path / f"damaged{suffix}"
    path.write_bytes(data[: len(data) - cut] or b"x")
    with suppress(UnreadableFile):
        parsed = await parse(path, suffix, limits=LIMITS, start=readers.start)
        assert parsed.sections
