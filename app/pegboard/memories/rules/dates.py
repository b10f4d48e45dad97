"""A text with "yesterday" and "next Friday" in, the same with dates out.

Counts from the day of the given moment, in that moment's own zone. "Next Friday" is the first
Friday to come, "last Friday" the latest gone by; weeks are named by their Monday.
"""

import re
from datetime import date, datetime, timedelta
from typing import Final

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS: Final = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
}
_COUNT: Final = rf"(?P<{{0}}>\d{{{{1,4}}}}|{'|'.join(_NUMBERS)})"
_UNIT: Final = r"(?P<{0}>day|week|month|year)s?"
_TIME: Final = re.compile(
    r"(?P<before>\b(?:since|by|until|till|from|before|after|on|for|in|is|was|are) )?\b(?:"
    r"(?P<far>the day before yesterday|the day after tomorrow)|"
    r"(?P<day>yesterday|today|tomorrow|tonight|last night|this (?:morning|afternoon|evening))|"
    rf"(?P<way>last|next|this) (?P<span>week|month|year|{'|'.join(_DAYS)})|"
    rf"{_COUNT.format('ago')} {_UNIT.format('ago_unit')} ago|"
    rf"(?P<ahead>in) {_COUNT.format('hence')} {_UNIT.format('hence_unit')}(?= from now|\b(?! of))"
    r")\b(?!'s)(?: from now)?",
    re.I,
)
_SHIFT: Final = {
    "the day before yesterday": -2,
    "yesterday": -1,
    "last night": -1,
    "tomorrow": 1,
    "the day after tomorrow": 2,
}


def date_out(text: str, *, moment: datetime) -> str:
    """What cannot be counted, because no calendar goes so far, stays as it was."""
    today = moment.date()

    def resolved(match: re.Match[str]) -> str:
        try:
            preposition, when = _resolve(match, today)
        except (OverflowError, ValueError):
            return match.group()
        before = match["before"] or ""
        if before.strip().lower() in ("is", "was", "are"):
            return f"{before}{preposition} {when}" if match.end() < len(text) else before + when
        if before or match.start() == 0:
            return before + when
        return f"{preposition} {when}"

    return _TIME.sub(resolved, text)


def _resolve(match: re.Match[str], today: date) -> tuple[str, str]:
    if near := match["far"] or match["day"]:
        return "on", (today + timedelta(days=_SHIFT.get(near.lower(), 0))).isoformat()
    if match["way"]:
        return _named(match["way"].lower(), match["span"].lower(), today)
    if match["ago"]:
        return _counted(-_number(match["ago"]), match["ago_unit"].lower(), today)
    return _counted(_number(match["hence"]), match["hence_unit"].lower(), today)


def _named(way: str, span: str, today: date) -> tuple[str, str]:
    if span not in _DAYS:
        return _counted({"last": -1, "this": 0, "next": 1}[way], span, today)
    ahead = (_DAYS.index(span) - today.weekday()) % 7
    if way == "next":
        ahead = ahead or 7
    elif way == "last":
        ahead -= 7
    return "on", (today + timedelta(days=ahead)).isoformat()


def _counted(number: int, unit: str, today: date) -> tuple[str, str]:
    match unit:
        case "day":
            return "on", (today + timedelta(days=number)).isoformat()
        case "week":
            monday = today + timedelta(weeks=number, days=-today.weekday())
            return "in", f"the week of {monday.isoformat()}"
        case "month":
            year, month = divmod(today.year * 12 + today.month - 1 + number, 12)
            return "in", date(year, month + 1, 1).isoformat()[:7]
        case _:
            return "in", f"{date(today.year + number, 1, 1).year}"


def _number(word: str) -> int:
    return _NUMBERS.get(word.lower()) or int(word)
