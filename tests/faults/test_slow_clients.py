"""Clients that do not read what they asked for: they cost little, and hold up nobody."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from tests.conftest import StartServer
from tests.support.deadlines import wait_until
from tests.support.server import Server
from tests.support.steps import messages_of, new_thread, say, script

WORDS: Final = 6_000
"""A stream of which so many words are told is about 100 MB long: each piece repeats the text
before it, up to 32 KiB."""

CLIENTS: Final = 3
MOST_BYTES: Final = 100 * 1024 * 1024
"""What all of them together may cost: far less than what would be told to one of them."""


@contextmanager
def unread(server: Server, thread_id: str, words: int) -> Iterator[socket.socket]:
    """A stream that is asked for over a socket with a small buffer, and not read."""
    place = urlsplit(server.url)
    scene = script(reply=" ".join(f"word{number}" for number in range(words)))
    body = json.dumps({"content": "Tell me", "stream": True, "metadata": scene}).encode()
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        connection.connect((place.hostname, place.port))
        connection.sendall(
            f"POST /api/threads/{thread_id}/messages HTTP/1.1\r\nHost: {place.netloc}\r\n"
            f"X-API-Key: k\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
            + body
        )
        yield connection


def is_answered(client: httpx.Client, thread_id: str) -> bool:
    return [role for role, _, _ in messages_of(client, thread_id)][-1:] == ["assistant"]


@pytest.mark.requirement("streams.slow-readers")
def test_streams_that_are_not_read_cost_little_and_hold_up_nobody(start: StartServer) -> None:
    server = start()
    process = psutil.Process(server.process.pid)
    with server.client("k") as client, ExitStack() as slow:
        say(client, new_thread(client), "Hi")  # what is loaded late is loaded
        before = process.memory_info().rss
        threads = [new_thread(client) for _ in range(CLIENTS)]
        sockets = [slow.enter_context(unread(server, one, WORDS)) for one in threads]
        wait_until(lambda: all(is_answered(client, one) for one in threads), seconds=60)
        assert say(client, new_thread(client), "Hi")["status"] == "COMPLETED"
        grown = process.memory_info().rss - before
        assert grown < MOST_BYTES
        # They are behind by the whole stream now, and take a piece of it.
        for connection in sockets:
            assert connection.recv(4096)
        for connection in sockets:
            read = 0
            while read < 2 * 1024 * 1024:
                read += len(connection.recv(64 * 1024))
        assert process.memory_info().rss - before < MOST_BYTES
        assert say(client, new_thread(client), "Hi")["status"] == "COMPLETED"


def test_a_slow_client_hears_all_of_it_in_the_end(start: StartServer) -> None:
    server = start()
    with server.client("k") as client:
        thread_id = new_thread(client)
        with unread(server, thread_id, words=500) as connection:
            wait_until(lambda: is_answered(client, thread_id), seconds=60)
            read = b"".join(iter(lambda: connection.recv(64 * 1024), b""))
        assert read.count(b'"type":"content_streaming"') == 500
        assert b'"type":"run_ended"' in read
