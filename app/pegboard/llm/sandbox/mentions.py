"""Text in, the values it mentions out: names, quotes, numbers, addresses, dates.

Knows how people write values into a sentence. Does not know what they are wanted for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from pegboard.english.words import within_reach
from pegboard.llm.sandbox.names import Mention, read_names

_QUOTED = re.compile(
    r"[\"“«]([^\"“”«»]{1,2000})[\"”»]|(?<![\w])['\u2018]([^'\u2018\u2019\n]{1,500})['\u2019](?!\w)"
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_URL = re.compile(r"https?://[^\s<>\"'”\u2019)\]]{1,2000}")
_NUMBER = re.compile(
    r"(?<![\w.,:/-])-?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w:/-])|(?<![\w.:/@-])-?\d{1,18}(?:\.\d{1,12})?"
)
_NOT_A_NUMBER = re.compile(r"\.?\d*[:/-]\d|[A-Za-z]*[-_]\w")
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?)?\b")
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sep(?:tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = re.compile(
    r"\b(?:today|tonight|tomorrow|yesterday"
    r"|(?:(?:next|this|last) )?(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|(?:next|this|last) (?:week(?:end)?|month|year)"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}(?: \d{{4}})?)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"\b\d{1,2}(?::\d{2}(?::\d{2})?)?\s?(?:am|pm)\b|\b\d{1,2}:\d{2}(?::\d{2})?\b", re.I
)
_CODE = re.compile(
    r"(?<![\w@./-])#?(?=[\w-]{0,40}\d)(?=[\w-]{0,40}[A-Za-z_])[A-Za-z0-9][\w-]{1,63}"
)
_SUM = re.compile(r"[(\d][\d\s.()]{0,40}(?:[-+*/^%\u00d7÷][\s\d.()]{0,40}){1,100}")
_SPELLED = {
    word: number
    for number, word in enumerate(
        [
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ],
        start=2,
    )
}
_SPELLED_OUT = re.compile(rf"\b(?:{'|'.join(_SPELLED)})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Number:
    value: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mentions:
    """What one text mentions, each kind in the order of the text."""

    text: str
    names: tuple[Mention, ...]
    quoted: tuple[str, ...]
    numbers: tuple[Number, ...]
    emails: tuple[str, ...]
    urls: tuple[str, ...]
    dates: tuple[str, ...]
    days: tuple[str, ...]
    clocks: tuple[str, ...]
    codes: tuple[str, ...]
    sums: tuple[str, ...]

    def any_value(self) -> bool:
        return bool(self.names or self.quoted or self.numbers or self.emails or self.codes)


@lru_cache(maxsize=256)
def read_mentions(text: str) -> Mentions:
    near = within_reach(text)
    dated = _without(near, _DATE, _CLOCK, _URL, _EMAIL)
    return Mentions(
        text=near,
        names=read_names(near),
        quoted=tuple(one or other for one, other in _QUOTED.findall(near)),
        numbers=tuple(sorted(_numbers(dated), key=lambda number: number.start)),
        emails=tuple(_EMAIL.findall(near)),
        urls=tuple(url.rstrip(".,;:!?") for url in _URL.findall(near)),
        dates=tuple(_DATE.findall(near)),
        days=tuple(match.group() for match in _DAY.finditer(near)),
        clocks=tuple(match.group() for match in _CLOCK.finditer(near)),
        codes=tuple(_CODE.findall(dated)),
        sums=tuple(_sums(dated)),
    )


def _numbers(text: str) -> Iterator[Number]:
    for match in _NUMBER.finditer(text):
        if not _NOT_A_NUMBER.match(text, match.end()):
            yield Number(float(match.group().replace(",", "")), match.start(), match.end())
    for match in _SPELLED_OUT.finditer(text):
        yield Number(float(_SPELLED[match.group().lower()]), match.start(), match.end())


def _sums(text: str) -> Iterator[str]:
    for match in _SUM.finditer(text):
        written = match.group().strip().rstrip(".")
        if len(re.findall(r"\d+", written)) > 1:
            yield written


def _without(text: str, *patterns: re.Pattern[str]) -> str:
    """The text with matches blanked, every other character where it was."""
    for pattern in patterns:
        text = pattern.sub(lambda match: " " * len(match.group()), text)
    return text
