"""Say things that are learnt, and wait until they are."""

import time
from typing import Any

import httpx

from tests.support.deadlines import deadline


def thread_of(client: httpx.Client, assistant: str) -> str:
    thread_id: str = client.post(f"{assistant}/threads", json={}).json()["thread_id"]
    return thread_id


def contents(client: httpx.Client, assistant: str) -> list[str]:
    return [one["content"] for one in client.get(f"{assistant}/memories").json()["memories"]]


def settled(client: httpx.Client, operation_id: str) -> dict[str, Any]:
    """An operation once it is over."""
    end = deadline(30)
    while True:
        operation: dict[str, Any] = client.get(
            f"/assistants/memories/operations/{operation_id}"
        ).json()
        if operation["status"] != "IN_PROGRESS":
            return operation
        assert time.monotonic() < end
        time.sleep(0.02)
