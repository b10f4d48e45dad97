"""Clients that speak HTTP badly, slowly, or not at all."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

from tests.support.server import Server

DROPPED = "pegboard_connections_dropped_total"
HALF_A_HEADER = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Half: a"


def connected(server: Server, *, source: str = "127.0.0.1", buffer: int = 0) -> socket.socket:
    """A connection from an address, with a small buffer for what it receives if so wanted."""
    place = urlsplit(server.url)
    connection = socket.socket()
    if buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    connection.bind((source, 0))
    connection.connect((place.hostname, place.port))
    connection.settimeout(30)
    return connection


@contextmanager
def half_headers(server: Server, count: int, *, source: str = "127.0.0.1") -> Iterator[None]:
    """So many connections, each of which has sent half of its headers."""
    with ExitStack() as held:
        for _ in range(count):
            connection = held.enter_context(connected(server, source=source))
            connection.sendall(HALF_A_HEADER)
        yield


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """A request as bytes; a length is told unless `headers` tell something else."""
    fields = {"Host": "localhost", "X-API-Key": "k", "Content-Type": "application/json"}
    fields["Content-Length"] = str(len(body))
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def all_of(connection: socket.socket) -> bytes:
    """All that comes until the server hangs up."""
    return b"".join(iter(lambda: connection.recv(64 * 1024), b""))


def is_well(connection: socket.socket) -> bool:
    """Whether `/healthz` is answered, on a connection that may be used again."""
    connection.sendall(request("GET", "/healthz"))
    answer = b""
    while not answer.endswith(b"\r\n\r\nok\n"):
        piece = connection.recv(4096)
        if not piece:
            return False
        answer += piece
    return answer.startswith(b"HTTP/1.1 200")


def answer(connection: socket.socket) -> tuple[int, dict[str, str], Any]:
    """Status, headers and JSON of the one answer that comes before the server hangs up."""
    head, _, body = all_of(connection).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, json.loads(body)
