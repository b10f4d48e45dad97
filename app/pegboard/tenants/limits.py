"""How much may be asked for with a key, and the refusal of more."""

from dataclasses import dataclass
from math import ceil
from typing import Final

from pegboard.errors import AppError, ErrorKind


@dataclass(frozen=True, slots=True)
class Limits:
    """None is no limit. `tokens_per_day` counts those of prompts and of answers, by days in UTC."""

    requests_per_minute: int | None = None
    concurrent_runs: int | None = None
    tokens_per_day: int | None = None


UNLIMITED: Final = Limits()


class LimitReached(AppError):
    """Too much for the key at the moment; nothing has been done. `retry_after` in whole seconds.

    `counted` is what there was too much of: requests or tokens.
    """

    kind = ErrorKind.EXHAUSTED
    code = "rate_limit_exceeded"

    def __init__(self, message: str, *, retry_after: float, counted: str = "requests") -> None:
        super().__init__(message)
        self.retry_after = max(1, ceil(retry_after))
        self.counted = counted
