"""When a key ends, as people say it: `30d`, `12h`, `2027-01-31`. Pure."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Final

from pegboard.errors import AppError

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class BadExpiry(AppError):
    code = "bad_expiry"


def expiry_of(text: str, *, now: datetime) -> datetime:
    """The moment: some time from now, the end of a day in UTC, or a moment with its zone.

    Raises BadExpiry for what cannot be read, or is past.
    """
    try:
        moment = _moment(text.strip(), now)
    except (ValueError, OverflowError):
        raise BadExpiry(
            f"{text!r} is no expiry: give a time from now such as 12h, 30d or 8w, a day such as "
            "2027-01-31, or a moment such as 2027-01-31T12:00:00+01:00"
        ) from None
    if moment <= now:
        raise BadExpiry(f"{text!r} is past")
    return moment


def _moment(text: str, now: datetime) -> datetime:
    span = re.fullmatch(r"(\d+)([mhdw])", text)
    if span is not None:
        return now + timedelta(**{_UNITS[span[2]]: int(span[1])})
    read = datetime.fromisoformat(text)
    if re.fullmatch(r"[\d-]+", text):  # a day alone; the key is good on it still
        return datetime.combine(read.date(), time(), UTC) + timedelta(days=1)
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)
