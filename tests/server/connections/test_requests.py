"""What a request may be made of, and what remains as uvicorn has it."""

import json
import socket
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from tests.conftest import StartServer
from tests.server.connections.sockets import DROPPED, all_of, answer, connected, request
from tests.support.scrape import value
from tests.support.server import Server

LINE = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
TRAILED = b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(LINE + b"X-Many: a\r\n" * 200 + b"\r\n", id="many"),
        pytest.param(LINE + b"X-Long: " + b"a" * 70_000 + b"\r\n\r\n", id="long"),
        pytest.param(LINE + b"X-Endless: " + b"a" * 70_000, id="endless"),
        pytest.param(LINE + b"X-Endless: a\r\n" * 200, id="endlessly many"),
        pytest.param(b"GET /" + b"a" * 70_000, id="address"),
        pytest.param(b"\r\n" * 40_000, id="blank lines"),
    ],
)
def test_headers_are_bounded(server: Server, sent: bytes) -> None:
    before = value(server, DROPPED, cause="header_too_large")
    with connected(server) as connection:
        connection.sendall(sent)
        status, headers, body = answer(connection)
        assert (status, headers["connection"]) == (431, "close")
        assert body["detail"] == body["error"]["message"]
    assert value(server, DROPPED, cause="header_too_large") == before + 1


def test_headers_up_to_the_bound_are_read(server: Server) -> None:
    with connected(server) as connection:
        connection.sendall(LINE + b"X-Many: a\r\n" * 100 + b"Connection: close\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    with connected(server) as connection:
        connection.sendall(LINE + b"X-Long: " + b"a" * 60_000 + b"\r\nConnection: close\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("trailers", [b"X-Many: a\r\n" * 200, b"X-Long: " + b"a" * 700_000])
def test_trailers_are_bounded(server: Server, trailers: bytes) -> None:
    before = value(server, DROPPED, cause="header_too_large")
    with connected(server) as connection:
        connection.sendall(TRAILED + trailers)
        assert all_of(connection).count(b"HTTP/1.1 ") == 1
    assert value(server, DROPPED, cause="header_too_large") == before + 1


def test_what_is_no_http_is_told_so(server: Server) -> None:
    with connected(server) as connection:
        connection.sendall(b"HELO there\r\n\r\n")
        assert answer(connection)[0] == 400


def test_requests_that_come_together_are_answered_in_turn(server: Server) -> None:
    paths = ["/healthz", "/nothing", "/readyz", "/healthz"]
    with connected(server) as connection:
        last = request("GET", "/nothing", Connection="close")
        connection.sendall(b"".join(request("GET", path) for path in paths) + last)
        answers = all_of(connection)
    statuses = [int(part[:3]) for part in answers.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [200, 404, 200, 200, 404]


def test_of_thousands_that_come_together_the_first_are_answered(start: StartServer) -> None:
    server = start()
    with connected(server) as connection:
        connection.sendall(LINE.replace(b"healthz", b"readyz") + b"\r\n" + (LINE + b"\r\n") * 3_000)
        answers = all_of(connection)
    assert answers.count(b"HTTP/1.1 200") == 17
    assert b"connection: close" in answers.split(b"HTTP/1.1 ")[-1]
    assert value(server, DROPPED, cause="pipeline_too_long") == 1


def test_an_answered_connection_is_used_again(server: Server) -> None:
    place = urlsplit(server.url)
    client = HTTPConnection(str(place.hostname), place.port)
    used = set()
    for _ in range(3):
        client.request("POST", "/api/assistants", b'{"name": "Ada"}', {"X-API-Key": "k"})
        assert json.loads(client.getresponse().read())["name"] == "Ada"
        used.add(client.sock.getsockname())
    client.close()
    assert len(used) == 1


def test_a_client_that_ends_its_side_is_still_refused_realtime(server: Server) -> None:
    handshake = request(
        "GET",
        "/api/threads/realtime",
        Connection="Upgrade",
        Upgrade="websocket",
        Sec_WebSocket_Version="13",
        Sec_WebSocket_Key="AAAAAAAAAAAAAAAAAAAAAA==",
    ).replace(b"Content-Length: 0\r\n", b"")
    with connected(server) as connection:
        connection.sendall(handshake)
        connection.settimeout(20)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += connection.recv(4096)
        assert answer.startswith(b"HTTP/1.1 501"), answer
        connection.shutdown(socket.SHUT_WR)
