"""Images: the text in them."""

from collections.abc import Iterator
from typing import BinaryIO

from pegboard.documents.formats import recognition
from pegboard.documents.formats.faults import UnreadableFile
from pegboard.documents.formats.sections import Section
from pegboard.documents.formats.whole_images import check_whole


def read(file: BinaryIO, suffix: str) -> Iterator[Section]:
    if not recognition.is_installed():
        raise UnreadableFile(recognition.NEEDED)
    picture = file.read()
    check_whole(picture)
    yield Section(recognition.text_in(picture))
