""".pptx and .ppt: each slide under its title, with the notes that its speaker sees."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from pegboard.documents.formats.office import opened, parts, text_in
from pegboard.documents.formats.sections import Heading, Section, outlined


def read(file: BinaryIO, suffix: str) -> Iterator[Section]:
    with opened(file, suffix) as document:
        slides = document.to_ir()["sections"]
    for number, slide in enumerate(slides, start=1):
        yield from outlined(_parts_of(slide), place=f"slide {number}")


def _parts_of(slide: dict[str, Any]) -> Iterator[Heading | str]:
    yield from parts(slide["elements"])
    notes = slide.get("speaker_notes")
    if text := notes if isinstance(notes, str) else text_in(notes):
        yield f"Notes: {text}"
