"""Text and source code, as it is."""

from collections.abc import Iterator
from typing import BinaryIO

from pegboard.documents.formats.decoding import read_bytes, text_of
from pegboard.documents.formats.sections import Section


def read(file: BinaryIO, suffix: str) -> Iterator[Section]:
    yield Section(text_of(read_bytes(file)))
