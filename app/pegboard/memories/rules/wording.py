"""Whether two sentences say the same in other words: their meaning words and their "not"."""

import re
from dataclasses import dataclass
from typing import Final

from pegboard.english.words import stem, word_set

_WORD: Final = re.compile(r"[^\W_]+(?:['@.\-/+#][^\W_]+)*[+#]*")
_DATE: Final = re.compile(r"(?:\bon |\bin (?:the week of )?)?\b\d{4}-\d\d(?:-\d\d)?\b")
_EMPTY: Final = word_set(
    """a an the user users user's their his her is are am be being been do does did that currently
    now really very also just so too quite still already recently actually definitely please as
    themself"""
)
_NOT: Final = word_set(
    "not no never doesn't don't didn't isn't wasn't can't cannot won't hasn't nor"
)
_SAME: Final = {"has": "have", "favourite": "favorite", "colour": "color", "hates": "dislike"}
_CAN: Final = word_set("can't cannot won't hasn't")


@dataclass(frozen=True, slots=True)
class Wording:
    """The words that carry meaning, in order, and whether they are denied."""

    words: tuple[str, ...]
    denied: bool


def wording(text: str) -> Wording:
    spelled = _WORD.findall(_DATE.sub(" ", text[:1_000]).lower().replace("\u2019", "'"))
    words = []
    for word in spelled:
        if word in _CAN:
            words.append({"hasn't": "have", "won't": "will"}.get(word, "can"))
        elif word not in _NOT and word not in _EMPTY:
            base = word.removesuffix("'s")
            words.append(stem(_SAME.get(base, base)))
    return Wording(tuple(words), sum(word in _NOT for word in spelled) % 2 == 1)


def dates_in(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\b\d{4}-\d\d(?:-\d\d)?\b", text))


def says_nothing_new(text: str, *, beside: str) -> bool:
    """Whether `text` is `beside` in other words; a date that `beside` lacks is news."""
    return wording(text) == wording(beside) and dates_in(text) <= dates_in(beside)
