""".docx and .doc: text under the headings that its styles make."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from pegboard.documents.formats.office import opened, parts
from pegboard.documents.formats.sections import Heading, Section, outlined


def read(file: BinaryIO, suffix: str) -> Iterator[Section]:
    with opened(file, suffix) as document:
        sections = document.to_ir()["sections"]
    yield from outlined(_all_parts(sections))


def _all_parts(sections: list[dict[str, Any]]) -> Iterator[Heading | str]:
    # A Word section is a change of page layout, nothing that a reader of the text would notice.
    for section in sections:
        yield from parts(section["elements"])
