"""No file takes longer than others of its size because of what it is made of.

Measured against ordinary text through the same reader: what takes the square of its length is
thousands of times as slow as that.
"""

from collections.abc import Callable
from io import BytesIO
from time import process_time

import pytest

from pegboard.documents.formats import reader_of

SIZE = 24_000
SLOWER = 60
"""How many times as slow as ordinary text the hostile may be; tables and headings are work."""

HOSTILE: dict[str, tuple[str, str]] = {
    "a heading and blanks": (".md", "# a" + " " * SIZE + "x"),
    "a heading and tabs": (".md", "# a" + "\t" * SIZE + "x"),
    "blanks under a pipe": (".md", "|\n" + " " * SIZE + "x|"),
    "dashes and blanks": (".md", "a|b\n" + "- " * (SIZE // 2) + "x|"),
    "a long title over many": (".md", f"# {'a' * (SIZE // 2)}\n" + "## b\nc\n" * (SIZE // 16)),
    "nested tables": (".html", "<table><td>a" * (SIZE // 12)),
    "open tags": (".html", "<meta charset" * (SIZE // 13)),
    "quotes": (".csv", '"' * SIZE),
    "brackets": (".json", "[" * SIZE),
    "elements": (".xml", "<a>" * (SIZE // 3)),
}


def seconds(suffix: str, text: str) -> float:
    """Of the processor, the best of three."""
    read, data = reader_of(suffix), text.encode()

    def once() -> float:
        begun = process_time()
        for _ in read(BytesIO(data), suffix):
            pass
        return process_time() - begun

    return least(once)


def least(measure: Callable[[], float]) -> float:
    return min(measure() for _ in range(3))


@pytest.mark.parametrize(("suffix", "text"), HOSTILE.values(), ids=HOSTILE)
def test_a_file_takes_no_longer_for_what_it_is_made_of(suffix: str, text: str) -> None:
    ordinary = "Ordinary words, in lines.\n" * (SIZE // 26)
    usual = seconds(".md", ordinary) + seconds(".txt", ordinary)
    assert seconds(suffix, text) < SLOWER * usual
