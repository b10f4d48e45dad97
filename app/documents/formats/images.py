"""Images: the text in them."""

from collections.abc import Iterator
from typing import BinaryIO

from app.documents.formats import recognition
from app.documents.formats.faults import UnreadableFile
from app.documents.formats.sections import Section


def read(file: BinaryIO, suffix: str) -> Iterator[Section]:
    if not recognition.is_installed():
        raise UnreadableFile(recognition.NEEDED)
    yield Section(recognition.text_in(file.read()))
