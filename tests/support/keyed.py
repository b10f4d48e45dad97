"""Requests with an Idempotency-Key, and what is seen of their answers."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx


def once(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def seen(answer: httpx.Response) -> tuple[int, str | None, bytes]:
    """What a first answer and its repetitions have in common."""
    return answer.status_code, answer.headers.get("content-type"), answer.content


def is_replayed(answer: httpx.Response) -> bool:
    assert answer.headers.get("Idempotency-Replayed") in {None, "true"}
    return "Idempotency-Replayed" in answer.headers


def at_once(
    count: int, clients: Sequence[httpx.Client], send: Callable[[httpx.Client], httpx.Response]
) -> list[httpx.Response]:
    """The answers to so many requests sent together, by each of the clients in turn."""
    with ThreadPoolExecutor(count) as pool:
        sent = [pool.submit(send, clients[index % len(clients)]) for index in range(count)]
        return [answer.result() for answer in sent]
