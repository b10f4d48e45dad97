"""Which passages an answer cites, by the markers that the model was shown. Pure.

A marker looks as OpenAI's do, 【4:0†notes.txt】: clients replace it in the text by what it marks.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from pegboard.db.base import JsonDict
from pegboard.runs.model.items import Annotation
from pegboard.runs.model.snapshots import Retrieved

INSTRUCTION: Final = (
    "Each passage has a marker like 【4:0†name.txt】 as its source. Where you rely on a passage, "
    "write its marker, just as it stands, right behind the statement."
)
_LONGEST_QUOTE: Final = 500
_MARKER: Final = re.compile(r"【4:(\d{1,4})†[^】]{0,300}】")
_BEGUN: Final = r"【(?:4(?::(?:\d{1,4}(?:†[^】]{0,300})?)?)?)?\Z"
_MARKER_OR_ITS_BEGINNING: Final = re.compile(f"{_MARKER.pattern}|{_BEGUN}")


def marker_of(index: int, filename: str) -> str:
    return f"【4:{index}†{filename}】"


def split_at_markers(text: str) -> tuple[list[str], str]:
    """A text that goes on, as markers and what stands between them, and what may become a marker.

    Pieces and rest together are the text; cut anywhere else it gives the same markers.
    """
    pieces, end, rest = [], 0, ""
    for match in _MARKER_OR_ITS_BEGINNING.finditer(text):
        pieces.append(text[end : match.start()])
        end = match.end()
        if match[1] is None:
            rest = match[0]
        else:
            pieces.append(match[0])
    return [piece for piece in (*pieces, text[end:]) if piece], rest


def annotations_of(text: str, retrieved: Sequence[Retrieved]) -> tuple[Annotation, ...]:
    """The markers of passages out of files, in the order of the text."""
    annotations = []
    for match in _MARKER.finditer(text):
        index = int(match[1])
        if index >= len(retrieved):
            continue
        file_id = retrieved[index].file_id
        if file_id is not None:
            quote = (retrieved[index].text or "")[:_LONGEST_QUOTE]
            annotations.append(Annotation(match[0], match.start(), match.end(), file_id, quote))
    return tuple(annotations)


def to_json(annotation: Annotation) -> JsonDict:
    """As a message keeps it."""
    return {
        "text": annotation.marker,
        "start_index": annotation.start,
        "end_index": annotation.end,
        "file_id": str(annotation.file_id),
        "quote": annotation.quote,
    }


def from_json(stored: Mapping[str, Any]) -> Annotation:
    return Annotation(
        stored["text"],
        stored["start_index"],
        stored["end_index"],
        UUID(stored["file_id"]),
        stored["quote"],
    )
