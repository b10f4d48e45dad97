"""What keeps browsers from being used against a server: Host, Origin, and headers of answers."""

import base64
import hashlib
import http.client
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.deadlines import patience
from tests.support.server import Server

APIS = ("api", "v1")


def status_of(
    server: Server, *headers: tuple[str, str], path: str = "/healthz", version: int = 11
) -> int:
    """The answer's status to a GET with just these headers."""
    place = urlsplit(server.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=patience(60))
    connection._http_vsn = version  # type: ignore[attr-defined]
    connection._http_vsn_str = f"HTTP/{version // 10}.{version % 10}"  # type: ignore[attr-defined]
    connection.putrequest("GET", path, skip_host=True, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders()
    try:
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize(
    "hosts",
    [
        ("evil@localhost",),
        ("localhost#.evil",),
        ("localhost/.evil",),
        ("localhost?.evil",),
        ("localhost\\.evil",),
        ("localhost:80@evil.example",),
        ("localhost:eighty",),
        ("localhost:65536",),
        ("[::1",),
        ("[localhost]",),
        ("[fe80::1%25lo]",),
        ("::1",),
        ("local host",),
        ("local%zzhost",),
        ("löcalhost",),
        ("localhost", "localhost"),
        ("localhost", "evil.example"),
        (),
    ],
)
@pytest.mark.requirement("access.open-mode-loopback")
def test_a_host_that_is_none_or_more_than_one_is_refused(
    server: Server, hosts: Sequence[str]
) -> None:
    assert status_of(server, *(("Host", host) for host in hosts)) == 400


@pytest.mark.parametrize(
    "host", ["localhost", "LocalHost.", "localhost:", "127.0.0.1:8000", "[::1]", "[0:0::1]:80"]
)
def test_a_loopback_name_may_be_written_in_all_its_ways(server: Server, host: str) -> None:
    assert status_of(server, ("Host", host)) == 200


def test_a_check_in_the_way_of_http_1_0_names_no_host(server: Server) -> None:
    assert status_of(server, version=10) == 403  # in open mode names are the protection


@pytest.mark.parametrize(
    ("origins", "status"),
    [
        (("http://localhost:8000",), 200),
        (("HTTP://LOCALHOST:8000",), 200),
        (("http://localhost:8001",), 403),
        (("https://localhost:8000",), 403),
        (("http://localhost",), 403),
        (("null",), 403),
        (("http://evil@localhost:8000",), 400),
        (("http://localhost:8000/",), 400),
        (("localhost:8000",), 400),
        (("http://localhost:8000", "http://localhost:8000"), 400),
    ],
)
def test_an_origin_is_compared_as_a_whole(
    server: Server, origins: Sequence[str], status: int
) -> None:
    headers = [("Host", "localhost:8000"), *(("Origin", origin) for origin in origins)]
    assert status_of(server, *headers) == status


def test_a_default_port_need_not_be_named(server: Server) -> None:
    assert status_of(server, ("Host", "localhost:80"), ("Origin", "http://localhost")) == 200


def test_a_refusal_is_in_the_dialect_of_its_api(server: Server) -> None:
    answers = [
        httpx.get(
            f"{server.url}/{api}/threads",
            headers={"Origin": "https://evil.example"},
            timeout=patience(60),
        )
        for api in APIS
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert [set(answer.json()) for answer in answers] == [{"detail"}, {"error"}]


@pytest.mark.parametrize("api", APIS)
def test_a_reference_runs_its_own_scripts_only_and_stands_in_no_frame(
    server: Server, api: str
) -> None:
    page = httpx.get(f"{server.url}/{api}/docs", timeout=patience(60))
    (script,) = re.findall(r"<script>(.*?)</script>", page.text, re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = dict(
        rule.strip().split(" ", 1) for rule in page.headers["content-security-policy"].split(";")
    )
    assert policy["script-src"] == f"'self' 'sha256-{digest}'"
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in page.headers["content-security-policy"]
    for path in ("docs", "docs/", "openapi.json", "docs-assets/swagger-ui.css"):
        shown = httpx.get(f"{server.url}/{api}/{path}", timeout=patience(60))
        assert shown.status_code == 200
        assert shown.headers["x-frame-options"] == "DENY"
        assert shown.headers["referrer-policy"] == "no-referrer"
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]
    start = httpx.get(server.url, timeout=patience(60))
    assert (start.status_code, start.headers["x-frame-options"]) == (307, "DENY")


@pytest.mark.parametrize("path", ["/healthz", "/api/assistants", "/v1/threads/none", "/nowhere"])
def test_no_answer_is_to_be_taken_for_another_kind(server: Server, path: str) -> None:
    answer = httpx.get(server.url + path, timeout=patience(60))
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
    assert "content-security-policy" not in answer.headers
