"""What a server with PEGBOARD_LOG_FORMAT=json has logged."""

import json
import time
from collections.abc import Callable
from typing import Any

from tests.support.deadlines import deadline
from tests.support.server import Server

Line = dict[str, Any]


def lines_of(server: Server) -> list[Line]:
    return [json.loads(line) for line in list(server.log) if line.startswith("{")]


def awaited(server: Server, wanted: Callable[[Line], bool], *, seconds: float = 30) -> list[Line]:
    """The lines that are wanted, once there is one: a line comes after the answer."""
    end = deadline(seconds)
    while not (wanted_lines := [line for line in lines_of(server) if wanted(line)]):
        assert time.monotonic() < end, "".join(server.log[-20:])
        time.sleep(0.01)
    return wanted_lines


def line_of_request(server: Server, request_id: str) -> Line:
    (line,) = awaited(
        server, lambda one: one["event"] == "request" and one.get("request_id") == request_id
    )
    return line
