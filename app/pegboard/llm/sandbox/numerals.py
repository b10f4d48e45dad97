"""A number's name and a text in, the number that the text gives for it out."""

import re

from pegboard.english.words import STOP_WORDS, content_stems, name_stems, word_set
from pegboard.llm.sandbox.mentions import Mentions, Number

_REACH = 28
_LEAST = re.compile(r"(?:over|above|at least|more than|minimum|min|from)\W*(?:of\W*)?$", re.I)
_MOST = re.compile(
    r"(?:under|below|at most|less than|up to|maximum|max|within|to)\W*(?:of\W*)?$", re.I
)
_BOUNDS = {"min": _LEAST, "minimum": _LEAST, "max": _MOST, "maximum": _MOST, "limit": _MOST}
_TELLS_LITTLE = word_set("number num n count value amount of max min maximum minimum limit")


def number_for(name: str, mentions: Mentions, taken: set[tuple[int, int]]) -> Number | None:
    """The free number that stands beside the name's words, or with the bound it asks for."""
    free = [number for number in mentions.numbers if (number.start, number.end) not in taken]
    parts = name_stems(name)
    own = frozenset(part for part in parts if part not in _TELLS_LITTLE | STOP_WORDS)
    bounds = [_BOUNDS[part] for part in parts if part in _BOUNDS]
    for number in free:
        before = mentions.text[max(0, number.start - _REACH) : number.start]
        if _labels(name, before):
            return number
        if bounds and "limit" not in parts:
            if bounds[0].search(before):
                return number
            continue
        after = mentions.text[number.end : number.end + _REACH]
        beside = {*content_stems(before)[-2:], *content_stems(after)[:2]}
        if own & beside or (bounds and "limit" in content_stems(before)[-2:]):
            return number
    return None


def next_number(mentions: Mentions, taken: set[tuple[int, int]]) -> Number | None:
    return next((n for n in mentions.numbers if (n.start, n.end) not in taken), None)


def _labels(name: str, before: str) -> bool:
    spoken = re.sub(r"[\W_]+", " ", name[:_REACH]).strip().lower()
    return bool(spoken) and bool(
        re.search(
            rf"(?<!\w){re.escape(spoken)}\s*(?:[:=]|is|of|to)?\s*$",
            re.sub(r"[_-]", " ", before.lower()),
        )
    )
