"""More connections than there may be: who wants something is let in."""

import socket
from contextlib import ExitStack

import httpx
import pytest

from tests.conftest import StartServer
from tests.server.connections.sockets import (
    DROPPED,
    answer,
    connected,
    half_headers,
    is_well,
    request,
)
from tests.support.deadlines import patience, wait_until
from tests.support.log_lines import Line, lines_of
from tests.support.scrape import becomes, value
from tests.support.server import Server
from tests.support.steps import new_thread, say

LIMIT = 40


BEGUN = request(
    "POST", "/api/assistants", Content_Length="9", X_API_Key="known", Expect="100-continue"
)


def keep_busy(connection: socket.socket) -> None:
    """Send a request whose body does not come; returns once the server waits for that.

    Until the server knows what it is, a connection that came first is the first to go.
    """
    connection.sendall(BEGUN)
    assert connection.recv(4096).startswith(b"HTTP/1.1 100")


def refused(server: Server, path: str, *, source: str = "127.0.0.1", **headers: str) -> bool:
    with connected(server, source=source) as connection:
        connection.sendall(request("GET", path, b"", Connection="close", **headers))
        return connection.recv(4096).split()[1] in {b"429", b"503"}


def drops_told(server: Server) -> list[Line]:
    return [line for line in lines_of(server) if line["event"] == "connections_dropped"]


@pytest.mark.requirement("limits.connections")
def test_half_headers_shut_nobody_out_and_are_told_in_a_line(start: StartServer) -> None:
    server = start(PEGBOARD_MAX_CONNECTIONS=str(LIMIT), PEGBOARD_LOG_FORMAT="json")
    with server.client("k") as client:
        assert client.get("/assistants").status_code == 200
        with half_headers(server, 3 * LIMIT):
            assert httpx.get(f"{server.url}/healthz", timeout=patience(60)).status_code == 200
            assert say(client, new_thread(client), "Hi")["status"] == "COMPLETED"
            dropped = value(server, DROPPED, cause="made_room")
            assert dropped >= 2 * LIMIT
            assert value(server, "pegboard_connections_open") <= LIMIT
        becomes(server, 2, "pegboard_connections_open")  # the client's, and the one that asks
    lines = [line for line in drops_told(server) if line["cause"] == "made_room"]
    assert sum(line["count"] for line in lines) <= dropped
    assert len(lines) < 10


def test_an_idle_connection_makes_room(start: StartServer) -> None:
    server = start(PEGBOARD_MAX_CONNECTIONS="16")
    with ExitStack() as held:
        idle = [held.enter_context(connected(server)) for _ in range(16)]
        assert all(is_well(connection) for connection in idle)
        assert httpx.get(f"{server.url}/healthz", timeout=patience(60)).status_code == 200
        assert idle[0].recv(4096) == b""
        assert is_well(idle[-1])


def test_the_last_connections_are_for_known_keys_and_the_very_last_for_probes(
    start: StartServer,
) -> None:
    # One is kept for keys, one for probes.
    server = start(PEGBOARD_MAX_CONNECTIONS="16", PEGBOARD_BODY_SECONDS="600")
    with server.client("known") as known, ExitStack() as held:
        assert known.get("/assistants").status_code == 200
        for _ in range(14):
            keep_busy(held.enter_context(connected(server)))
        wait_until(lambda: refused(server, "/api/assistants", X_API_Key="stranger"))
        refusal = httpx.get(
            f"{server.api}/assistants", headers={"X-API-Key": "stranger"}, timeout=patience(60)
        )
        assert refusal.headers["retry-after"] == "1"
        assert refusal.headers["connection"] == "close"
        assert refusal.json().keys() == {"detail"}
        stranger = {"Authorization": "Bearer stranger"}
        refusal = httpx.get(f"{server.url}/v1/assistants", headers=stranger, timeout=patience(60))
        assert refusal.status_code == 503
        assert refusal.json()["error"]["type"] == "server_error"
        assert known.get("/assistants").status_code == 200
        keep_busy(held.enter_context(connected(server)))
        wait_until(lambda: refused(server, "/api/assistants", X_API_Key="known"))
        for path in ("/healthz", "/readyz", "/metrics"):
            assert httpx.get(f"{server.url}{path}", timeout=patience(60)).status_code == 200
        assert value(server, DROPPED, cause="no_room") >= 4


@pytest.mark.requirement("limits.connections")
def test_one_address_gets_no_more_than_its_share(start: StartServer) -> None:
    server = start(PEGBOARD_MAX_CONNECTIONS_PER_ADDRESS="4", PEGBOARD_BODY_SECONDS="600")
    with ExitStack() as held:
        for _ in range(4):
            keep_busy(held.enter_context(connected(server, source="127.0.0.2")))
        with connected(server, source="127.0.0.2") as fifth:
            status, headers, body = answer(fifth)
            assert status == 429
            assert headers["retry-after"] == "1"
            assert body["detail"] == body["error"]["message"]
        for source in ("127.0.0.1", "127.0.0.3"):
            with connected(server, source=source) as other:
                assert is_well(other)


def test_half_headers_of_an_address_make_room_for_its_own_requests(start: StartServer) -> None:
    server = start(PEGBOARD_MAX_CONNECTIONS_PER_ADDRESS="4")
    with half_headers(server, 12, source="127.0.0.2"):
        with connected(server, source="127.0.0.2") as other:
            assert is_well(other)
        assert value(server, DROPPED, cause="address_limit") >= 9
        assert value(server, DROPPED, cause="made_room") == 0
