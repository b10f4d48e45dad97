"""What a provider answered in place of an answer, and the failure that it is in our words. Pure.

Statuses mean the same for all of them; what else tells failures apart is for each way to find out.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final

from pegboard import clock
from pegboard.llm import failures

BROKE_OFF: Final = "The connection to the provider broke off"
UNREACHABLE: Final = "The provider cannot be reached"
PAGE: Final = "The provider answered with a page instead of JSON"
UNREADABLE: Final = "The provider's answer could not be read"
TOO_LATE: Final = "The provider did not answer in time"
CREDENTIALS: Final = "The provider refused this server's credentials"
NO_REASON: Final = "The provider ended the answer without a finish reason"


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """`status` is HTTP's, None where it is not known; `message` is fit to be shown."""

    status: int | None
    message: str | None
    was_page: bool = False
    retry_after: float | None = None


def failure_of(answer: ErrorAnswer, status: int) -> failures.ModelFailure:
    match status:
        case 401 | 403:
            return failures.ProviderRefusedKey(CREDENTIALS)
        case 404:
            message = answer.message or "the provider has no such model"
            return failures.ModelNotFound(f"model_not_found: {message}")
        case 408 | 504:
            return failures.ProviderTimedOut(TOO_LATE)
        case 429:
            message = answer.message or "The provider asks for a pause"
            return failures.RateLimited(message, retry_after=answer.retry_after)
        case _ if 400 <= status < 500:
            return failures.PromptRejected(answer.message or "The provider refused the request")
    message = PAGE if answer.was_page else answer.message or "The provider failed"
    return failures.ProviderUnavailable(message, retry_after=answer.retry_after)


def context_too_long(answer: ErrorAnswer) -> failures.ContextTooLong:
    message = answer.message or "the prompt is longer than the model reads"
    return failures.ContextTooLong(f"context_length_exceeded: {message}")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """In seconds: a number, or a date, as HTTP has it."""
    header = str(headers.get("retry-after", ""))
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(header) - clock.now()).total_seconds()
        except (ValueError, TypeError):  # no date; or one without a zone
            return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
