"""What an endpoint says in place of an answer, before it or amid it, as one of our failures. Pure.

Statuses say most. Where they say too little, as 400 does, or where there is none, as amid a stream,
the code that stands beside the message is looked at, and then the message itself.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from pegboard.llm import failures
from pegboard.llm.error_answers import (
    CREDENTIALS,
    ErrorAnswer,
    context_too_long,
    failure_of,
    retry_after,
)
from pegboard.llm.openai_compatible.wire import NOTHING
from pegboard.llm.provider_words import is_page, message_in

PAGE_INSTEAD: Final = "The provider sent a page instead of a stream"

_READ: Final = 100_000
_TOO_LONG: Final = re.compile(
    r"context_length_exceeded|exceed context limit|maximum context (?:length|limit)"
    r"|longer than the model's context length|exceeds the available context size"
    r"|input tokens exceed the configured limit|exceeds the maximum number of tokens allowed"
    r"|current length is \d+ while limit is|prompt is too long|maximum input length is \d+ tokens"
)
_KEY: Final = re.compile(r"invalid_api_key|(?:incorrect|invalid|missing|no) api[ _-]?key")
_NO_MODEL: Final = re.compile(r"model_not_found|model_not_exist|no such model")
_PAUSE: Final = re.compile(r"rate[ _-]?limit|insufficient_quota|too many requests")
_TOO_LATE: Final = re.compile(r"\btime(?:d[ _-]?)?out\b")


def failure_before(status: int, headers: Mapping[str, str], body: bytes) -> failures.ModelFailure:
    """An answer that is none. A redirection is not followed: keys go to one address only."""
    text = body[:_READ].decode("utf-8", "replace")
    answer = ErrorAnswer(status, message_in(text), is_page(text), retry_after(headers))
    if 400 <= status < 500 and (failure := _by_words(answer, _words_in(text))) is not None:
        return failure
    return failure_of(answer, status if status >= 400 else 500)


def failure_amid(data: bytes, error: msgspec.Raw) -> failures.ModelFailure | None:
    """An event with an error in it, as `error` or in a spelling of its own; None if it has none."""
    text = data[:_READ].decode("utf-8", "replace")
    message = message_in(text)
    if error == NOTHING and message is None:
        return None
    words = _words_in(text)
    status = _status_in(text)
    answer = ErrorAnswer(status, message)
    if (failure := _by_words(answer, words)) is not None:
        return failure
    if status is None:
        status = 429 if _PAUSE.search(words) else 504 if _TOO_LATE.search(words) else 500
    return failure_of(answer, status)


def failure_of_no_answer(body: bytes, otherwise: str, *, page: str) -> failures.ModelFailure:
    """A page or broken JSON where an answer should be; worth another try."""
    text = body[:_READ].decode("utf-8", "replace")
    is_one = is_page(text) or text.lstrip()[:1] == "<"
    return failures.ProviderUnavailable(page if is_one else otherwise)


def _by_words(answer: ErrorAnswer, words: str) -> failures.ModelFailure | None:
    if _TOO_LONG.search(words):
        return context_too_long(answer)
    if _KEY.search(words):
        return failures.ProviderRefusedKey(CREDENTIALS)
    if _NO_MODEL.search(words):
        return failures.ModelNotFound(f"model_not_found: {answer.message or 'no such model'}")
    return None


def _words_in(text: str) -> str:
    """Code, type and message, in small letters."""
    error = _error_in(text)
    return " ".join(str(error.get(name) or "") for name in ("code", "type", "message")).lower()


def _status_in(text: str) -> int | None:
    code = _error_in(text).get("code")
    if isinstance(code, str) and code.isdecimal():
        code = int(code[:4])
    return code if isinstance(code, int) and 400 <= code < 600 else None


def _error_in(text: str) -> Mapping[str, Any]:
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if isinstance(parsed, list) and parsed:
        parsed = parsed[0]
    if not isinstance(parsed, dict):
        return {}
    inner = parsed.get("error")
    return inner if isinstance(inner, dict) else parsed
