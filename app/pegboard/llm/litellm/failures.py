"""What litellm raises, in our words, with what the provider itself says.

litellm's own texts differ by provider and by the way a request took, and are meant for whoever
writes programs with it; so are its classes. What they wrap says more: the provider's answer, or
what became of the connection.
"""

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Final

import httpx

from pegboard.llm import failures
from pegboard.llm.error_answers import (
    BROKE_OFF,
    CREDENTIALS,
    PAGE,
    TOO_LATE,
    UNREACHABLE,
    UNREADABLE,
    ErrorAnswer,
    context_too_long,
    failure_of,
    retry_after,
)
from pegboard.llm.provider_words import fit_to_show, is_page, message_in

_CLIENTS: Final = ("litellm.llms.", "openai")
_MOST_CAUSES: Final = 10


def translated(litellm: ModuleType, error: Exception) -> failures.ModelFailure:
    """The failure in our words."""
    causes = list(_causes(error))
    answer = _answer_among(causes)
    lost = None if answer.status else _lost_connection(causes)
    if lost is not None:
        return lost
    # These two are known by litellm alone: providers have no status of their own for them.
    if _is_any(causes, litellm.ContextWindowExceededError):
        return context_too_long(answer)
    if _is_any(causes, litellm.AuthenticationError, litellm.PermissionDeniedError):
        return failures.ProviderRefusedKey(CREDENTIALS)
    if answer.status is None and _is_any(causes, json.JSONDecodeError):
        return failures.ProviderUnavailable(PAGE if answer.was_page else UNREADABLE)
    return failure_of(answer, answer.status or _status_of(causes))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps, outermost first."""
    seen: list[BaseException] = []
    wrapped: BaseException | None = error
    while wrapped is not None and wrapped not in seen and len(seen) < _MOST_CAUSES:
        seen.append(wrapped)
        yield wrapped
        original = getattr(wrapped, "original_exception", None)
        wrapped = wrapped.__cause__ or wrapped.__context__
        if wrapped is None and isinstance(original, BaseException):
            wrapped = original


def _answer_among(causes: list[BaseException]) -> ErrorAnswer:
    for cause in reversed(causes):
        response = getattr(cause, "response", None)
        text = _text_of(response)
        if isinstance(response, httpx.Response) and text:
            pause = retry_after(response.headers)
            if response.status_code >= 400:
                return ErrorAnswer(response.status_code, message_in(text), is_page(text), pause)
    of_provider = [one for one in causes if type(one).__module__.startswith(_CLIENTS)]
    headers = getattr(causes[0], "litellm_response_headers", None) or {}
    # Amid a stream an error is an event, of which litellm has the message alone.
    text = str(getattr(of_provider[-1], "message", "")) if of_provider else ""
    pages = any(is_page(str(getattr(one, "message", ""))) for one in causes)
    message = message_in(text) or fit_to_show(text)
    return ErrorAnswer(None, message, pages, retry_after(headers))


def _text_of(response: Any) -> str:
    try:
        return response.text if isinstance(response, httpx.Response) else ""
    except (httpx.StreamError, UnicodeError, LookupError):  # never read, or in no known letters
        return ""


def _lost_connection(causes: list[BaseException]) -> failures.ModelFailure | None:
    names = {f"{type(one).__module__.partition('.')[0]}.{type(one).__name__}" for one in causes}
    if any(isinstance(one, httpx.TimeoutException | TimeoutError) for one in causes):
        return failures.ProviderTimedOut(TOO_LATE)
    if names & {"litellm.Timeout", "openai.APITimeoutError"}:
        return failures.ProviderTimedOut(TOO_LATE)
    if any(isinstance(one, httpx.ConnectError | httpx.InvalidURL) for one in causes) or any(
        name.startswith("aiohttp.ClientConnector") for name in names
    ):
        return failures.ProviderUnavailable(UNREACHABLE)
    if any(isinstance(one, httpx.TransportError | ConnectionError) for one in causes) or any(
        name.startswith("aiohttp.") for name in names
    ):
        return failures.ProviderUnavailable(BROKE_OFF)
    return None


def _is_any(causes: list[BaseException], *classes: type[BaseException]) -> bool:
    return any(isinstance(one, classes) for one in causes)


def _status_of(causes: list[BaseException]) -> int:
    """The innermost status that is an error; litellm gives one to whatever it raises."""
    statuses = (getattr(one, "status_code", None) for one in reversed(causes))
    known = (one for one in statuses if isinstance(one, int) and 400 <= one < 600)
    return next(known, 500)
