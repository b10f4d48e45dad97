"""A few lines that tell one document from another: how it begins. Pure."""

import re
from collections.abc import Sequence
from typing import Final, Protocol

LONGEST: Final = 400
_SPACE: Final = re.compile(r"\s+")
_SENTENCE_END: Final = re.compile("[.!?\u3002\uff01\uff1f](?=\\s|$)")


class Opening(Protocol):
    @property
    def text(self) -> str: ...
    @property
    def heading(self) -> str | None: ...


def summary_of(chunks: Sequence[Opening]) -> str | None:
    """The first heading and the first whole sentences, LONGEST characters at most."""
    if not chunks:
        return None
    heading = next((chunk.heading for chunk in chunks if chunk.heading), None)
    body = _SPACE.sub(" ", " ".join(chunk.text for chunk in chunks[:4])).strip()
    if heading and not body.startswith(heading):
        body = f"{heading}: {body}"
    if len(body) <= LONGEST:
        return body
    ends = [end.end() for end in _SENTENCE_END.finditer(body[:LONGEST])]
    return body[: ends[-1]] if ends else body[: LONGEST - 1].rstrip() + "…"
