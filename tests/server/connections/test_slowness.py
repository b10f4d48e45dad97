"""Clients that take their time: over headers, bodies and answers."""

import json
from contextlib import suppress

import pytest

from tests.server.connections.sockets import (
    DROPPED,
    HALF_A_HEADER,
    all_of,
    answer,
    connected,
    is_well,
    request,
)
from tests.support.deadlines import wait_until
from tests.support.log_lines import lines_of
from tests.support.scrape import becomes, value
from tests.support.server import Server
from tests.support.steps import new_thread, script


@pytest.mark.requirement("limits.connections")
def test_headers_that_do_not_end_are_not_waited_for(hasty: Server) -> None:
    before = value(hasty, DROPPED, cause="header_timeout")
    with connected(hasty) as half, connected(hasty) as silent, connected(hasty) as second:
        half.sendall(HALF_A_HEADER)
        assert is_well(second)
        second.sendall(HALF_A_HEADER)
        for connection in (half, second):
            status, headers, body = answer(connection)
            assert (status, headers["connection"]) == (408, "close")
            assert body["detail"] == body["error"]["message"]
        assert all_of(silent) == b""
        becomes(hasty, before + 3, DROPPED, cause="header_timeout")


def test_a_connection_between_requests_has_longer(hasty: Server) -> None:
    with connected(hasty) as idle, connected(hasty) as silent:
        assert is_well(idle)
        assert all_of(silent) == b""  # what came later has gone by now
        assert is_well(idle)


@pytest.mark.parametrize(
    ("path", "member"), [("/api/assistants", "detail"), ("/v1/assistants", "error")]
)
@pytest.mark.requirement("limits.connections")
def test_a_body_that_does_not_get_on_is_not_waited_for(
    hasty: Server, path: str, member: str
) -> None:
    before = value(hasty, DROPPED, cause="body_timeout")
    with connected(hasty) as connection:
        connection.sendall(
            request("POST", path, b'{"na', Content_Length="40", Authorization="Bearer k")
        )
        status, headers, body = answer(connection)
        assert (status, headers["connection"]) == (408, "close")
        assert list(body) == [member]
    assert value(hasty, DROPPED, cause="body_timeout") == before + 1
    assert not [line for line in lines_of(hasty) if line["level"] == "error"]


def test_a_body_of_a_byte_now_and_then_is_not_waited_for_either(hasty: Server) -> None:
    before = value(hasty, DROPPED, cause="body_timeout")
    with connected(hasty) as connection:
        connection.sendall(request("POST", "/api/assistants", b"{", Content_Length="100000"))

        def is_cut_off() -> bool:
            with suppress(OSError):  # a broken pipe, once it is
                connection.sendall(b" ")
            return value(hasty, DROPPED, cause="body_timeout") == before + 1

        wait_until(is_cut_off)


def test_a_body_behind_an_answer_is_not_listened_to_for_ever(hasty: Server) -> None:
    before = value(hasty, DROPPED, cause="body_timeout")
    with connected(hasty) as connection:
        # Answered without a look at its body, for which it waits to be asked.
        connection.sendall(
            request("POST", "/healthz", b"{", Content_Length="100000", Expect="100-continue")
        )
        answers = all_of(connection)
        assert answers.startswith(b"HTTP/1.1 405")
        assert answers.count(b"HTTP/1.1") == 1
    assert value(hasty, DROPPED, cause="body_timeout") == before + 1


def test_a_body_that_waits_for_leave_is_not_timed(hasty: Server) -> None:
    body = json.dumps({"name": "Ada"}).encode()
    whole = request("POST", "/api/assistants", body, Expect="100-continue", Connection="close")
    with connected(hasty) as connection:
        connection.sendall(whole.removesuffix(body))
        assert connection.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        status, _, made = answer(connection)
        assert (status, made["name"]) == (200, "Ada")


@pytest.mark.requirement("streams.slow-readers")
def test_a_reader_that_stands_still_is_cut_off_and_takes_its_stream_up(hasty: Server) -> None:
    words = 400
    before = value(hasty, DROPPED, cause="slow_reader")
    with hasty.client("k") as client, connected(hasty, buffer=16 * 1024) as slow:
        thread_id = new_thread(client)
        scene = script(reply=" ".join(f"word{number}" for number in range(words)))
        body = json.dumps({"content": "Tell me", "stream": True, "metadata": scene}).encode()
        slow.sendall(request("POST", f"/api/threads/{thread_id}/messages", body))
        read = slow.recv(1024)
        while b"\n\n" not in read.partition(b"\r\n\r\n")[2]:
            read += slow.recv(1024)
        becomes(hasty, before + 1, DROPPED, cause="slow_reader")
        with suppress(ConnectionResetError):
            while piece := slow.recv(64 * 1024):
                read += piece
        head, _, events = read.partition(b"\r\n\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:])
        assert headers["pegboard-stream-offset"] == "0"
        assert b'"run_ended"' not in events
        count = events.count(b"\ndata: ")
        assert 0 < count < words
        url = f"/threads/{thread_id}/runs/{headers['pegboard-run-id']}/stream"
        rest = client.get(url, headers={"Last-Event-ID": str(count)})
        whole = client.get(url, params={"after": 0})
    frames = [line for line in whole.text.split("\n") if line.startswith("data: ")]
    assert [line for line in rest.text.split("\n") if line.startswith("data: ")] == frames[count:]
    assert '"run_ended"' in frames[-1]
    assert whole.text.count('"content_streaming"') == words


def test_the_rest_of_a_last_answer_is_not_kept_for_ever(hasty: Server) -> None:
    before = value(hasty, DROPPED, cause="slow_reader")
    with connected(hasty, buffer=4 * 1024) as slow:
        # More than both systems' buffers hold, and less than would hold up whoever writes it.
        wanted = request("GET", "/api/openapi.json")
        slow.sendall(wanted * 3 + request("GET", "/api/openapi.json", Connection="close"))
        becomes(hasty, before + 1, DROPPED, cause="slow_reader")
