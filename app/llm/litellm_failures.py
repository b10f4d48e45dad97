"""What litellm raises, in our words."""

import json
import math
import re
from email.utils import parsedate_to_datetime
from types import ModuleType
from typing import Final

from app import clock
from app.llm import failures

_SECRET: Final = re.compile(r"\b(?:sk|pk|key|AIza|xai|gsk)[-_][\w*.-]{6,}", re.IGNORECASE)
# litellm tells of that by several classes; the words are those of the clients beneath it.
_UNREACHABLE: Final = re.compile(
    r"^Connection error|Cannot connect to host|connection attempts failed"
)
_PAGE: Final = re.compile(r"<html|<!doctype", re.IGNORECASE)
_CLASS_NAMES: Final = re.compile(r"^(?:litellm\.\w+: *)?(?:\w+Error: *)?(?:\w+Exception - )?")


def translated(litellm: ModuleType, error: Exception) -> failures.ModelFailure:
    """The failure in our words. The provider's own text is kept, keys in it are not."""
    said = _plain(error)
    if isinstance(error, litellm.ContextWindowExceededError):
        return failures.ContextTooLong(f"context_length_exceeded: {said}")
    if isinstance(error, litellm.AuthenticationError | litellm.PermissionDeniedError):
        return failures.ProviderRefusedKey("The provider refused this server's credentials")
    if isinstance(error, litellm.NotFoundError):
        return failures.ModelNotFound(f"model_not_found: {said}")
    if isinstance(error, litellm.RateLimitError):
        return failures.RateLimited(said, retry_after=_retry_after(error))
    if isinstance(error, litellm.Timeout | TimeoutError) or "timeout on reading" in said.lower():
        return failures.ProviderTimedOut("The provider did not answer in time")
    if isinstance(error, litellm.BadRequestError | litellm.UnprocessableEntityError):
        return failures.PromptRejected(said)
    if isinstance(error, litellm.APIConnectionError) or _UNREACHABLE.search(said):
        return failures.ProviderUnavailable("The provider cannot be reached")
    return failures.ProviderUnavailable(said, retry_after=_retry_after(error))


def _plain(error: Exception) -> str:
    text = _unpacked(_CLASS_NAMES.sub("", str(getattr(error, "message", "") or error)))
    if _PAGE.search(text):
        return "The provider answered with a page instead of JSON"
    return _SECRET.sub("[key]", text.split("\n", 1)[0])[:500] or type(error).__name__


def _unpacked(text: str) -> str:
    """What an error says that was told as a JSON body, whole."""
    try:
        body = json.loads(text)
    except ValueError:
        return text
    error = body.get("error", body) if isinstance(body, dict) else None
    said = error.get("message") if isinstance(error, dict) else error
    return said if isinstance(said, str) else text


def _retry_after(error: Exception) -> float | None:
    """In seconds: a number, or a date, as HTTP has it."""
    headers = getattr(error, "litellm_response_headers", None) or {}
    told = str(headers.get("retry-after", ""))
    try:
        seconds = float(told)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(told) - clock.now()).total_seconds()
        except (ValueError, TypeError):  # no date; or one without a zone
            return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
