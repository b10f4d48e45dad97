"""The content of an answer as it is streamed: pieces of text, of a refusal, and what they cite."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pegboard.api.openai.wire.messages import annotation_out, refusal_part, text_part
from pegboard.db.base import JsonDict
from pegboard.runs.model.citations import annotations_of, split_at_markers
from pegboard.runs.model.items import Annotation
from pegboard.runs.model.snapshots import Retrieved


@dataclass(slots=True)
class MessageContent:
    """What was told of an answer so far: a text of `length` characters, then a refusal.

    `retrieved` are the passages that the text may cite. `held` is what may become a marker and is
    not told yet, `annotations` those that were told.
    """

    retrieved: Sequence[Retrieved] = ()
    text: list[str] = field(default_factory=list)
    refusal: list[str] = field(default_factory=list)
    length: int = 0
    held: str = ""
    annotations: list[Annotation] = field(default_factory=list)

    def add_text(self, text: str) -> list[JsonDict]:
        """The parts to tell. A marker is told in one piece, and its annotation with it."""
        if not self.retrieved:
            return [self._text_delta(text)]
        pieces, self.held = split_at_markers(self.held + text)
        return [self._text_delta(piece) for piece in pieces]

    def add_refusal(self, text: str) -> list[JsonDict]:
        parts = self.rest()
        self.refusal.append(text)
        index = 1 if self.text else 0
        return [*parts, {"index": index, "type": "refusal", "refusal": text}]

    def rest(self) -> list[JsonDict]:
        """What was held for a marker that did not come."""
        held, self.held = self.held, ""
        return [self._text_delta(held)] if held else []

    def parts(self) -> list[JsonDict]:
        """All that was told, as the message's own content."""
        refused = [refusal_part("".join(self.refusal))] if self.refusal else []
        if refused and not self.text:
            return refused
        return [text_part("".join(self.text), self.annotations), *refused]

    def _text_delta(self, text: str) -> JsonDict:
        value: JsonDict = {"value": text}
        cited = [_moved(one, self.length) for one in annotations_of(text, self.retrieved)]
        if cited or not self.text:
            value["annotations"] = [
                {"index": index, **annotation_out(one)}
                for index, one in enumerate(cited, len(self.annotations))
            ]
        self.text.append(text)
        self.length += len(text)
        self.annotations += cited
        return {"index": 0, "type": "text", "text": value}


def _moved(annotation: Annotation, offset: int) -> Annotation:
    """An annotation of a piece, in the text that the piece is part of."""
    return replace(annotation, start=annotation.start + offset, end=annotation.end + offset)
