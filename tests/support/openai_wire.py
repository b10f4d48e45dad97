"""Bare requests at the OpenAI API, where the SDK hides what is on the wire."""

from typing import Any

import httpx
from openai import OpenAI

from tests.support.deadlines import patience


def bare(client: OpenAI) -> httpx.Client:
    """A client of the same tenant that knows nothing of the API."""
    headers = {"Authorization": f"Bearer {client.api_key}"}
    return httpx.Client(base_url=str(client.base_url), headers=headers, timeout=patience(60))


def refusal(answer: httpx.Response) -> tuple[int, Any, Any, Any]:
    """Status, message, param and code of an error, which always has the whole envelope."""
    error = answer.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    return answer.status_code, error["message"], error["param"], error["code"]
