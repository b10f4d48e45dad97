"""Pages are fetched from the public web, and nothing else is, whatever the URL or its server does.

Names are resolved by the tests: none of them exists, so a second look-up would find nothing.
"""

import gzip
import tracemalloc
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from pegboard.server_tools.web.addresses import Address
from pegboard.server_tools.web.faults import PageRefused, PageUnavailable
from pegboard.server_tools.web.fetching import Fetched, Fetcher
from tests.support.certificate import tls_for
from tests.support.website import Website, dripping, moved, page, raw, running_website, zipped

LOOPBACK = ip_address("127.0.0.1")
PUBLIC = ip_address("93.184.215.14")
NOWHERE = ip_address("127.255.255.255")  # nobody listens there


@pytest.fixture
def website() -> Iterator[Website]:
    with running_website() as running:
        yield running


class Names:
    """A resolver that gives its answers in turn, the last one for ever."""

    def __init__(self, *answers: Sequence[Address]) -> None:
        self.hosts: list[str] = []
        self._answers = answers

    async def __call__(self, host: str) -> Sequence[Address]:
        self.hosts.append(host)
        return self._answers[min(len(self.hosts), len(self._answers)) - 1]


def fetcher(website: Website, **changes: Any) -> Fetcher:
    """One that may go to loopback, at the port of the test's website."""
    return Fetcher(**{"allows": lambda _: True, "ports": (website.port,), **changes})


async def test_a_page_is_fetched_with_what_its_sender_says_of_it(website: Website) -> None:
    website.answers["/a"] = page(b"<p>\xe9", Content_Type="Text/HTML; charset=ISO-8859-1")
    assert await fetcher(website).fetch(website.url("/a?b=c#d")) == Fetched(
        website.url("/a?b=c#d"), "text/html", "ISO-8859-1", b"<p>\xe9"
    )
    assert website.requests == [
        (
            "/a?b=c",
            {
                "host": f"127.0.0.1:{website.port}",
                "user-agent": "Pegboard",
                "accept": "text/html, application/xhtml+xml, text/*;q=0.9, application/json;q=0.8",
                "accept-encoding": "gzip",
                "connection": "keep-alive",
            },
        )
    ]


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/",
        "ftp://127.0.0.1:{port}/",
        "javascript:alert(1)",
        "127.0.0.1:{port}/",
        "//127.0.0.1:{port}/",
        "http://",
        "http:///page",
        "http://user:password@127.0.0.1:{port}/",
        "http://user@127.0.0.1:{port}/",
        "http://example.com\\@127.0.0.1:{port}/",
        "http://127.0.0.1/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:99999/",
        "https://127.0.0.1/",
        "http://127.0.0.1:{port}/\r\nX-Injected: 1",
        "http://127.0.0.1:{port}/\ud800",
        "http://\ud800:{port}/",
        "http://[::1:{port}/",
        "http://127.0.0.1:{port}/" + "a" * 2_048,
        "",
    ],
)
async def test_a_url_that_is_no_web_page_is_refused_unvisited(website: Website, url: str) -> None:
    names = Names([LOOPBACK])
    with pytest.raises(PageRefused):
        await fetcher(website, resolve=names).fetch(url.replace("{port}", str(website.port)))
    assert (names.hosts, website.requests) == ([], [])


@pytest.mark.parametrize("port", [22, 25, 6379, 8080])
async def test_only_the_ports_of_the_web_are_visited_by_default(port: int) -> None:
    with pytest.raises(PageRefused):
        await Fetcher(resolve=Names([PUBLIC])).fetch(f"http://example.com:{port}/")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "0",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "169.254.169.254",
    ],
)
@pytest.mark.requirement("tools.web-inside")
async def test_no_spelling_of_an_inside_address_is_fetched(website: Website, host: str) -> None:
    website.answers["/"] = page("secret")
    with pytest.raises(PageRefused) as refused:
        await Fetcher(ports=(website.port,)).fetch(website.url(host=host))
    assert refused.value.message == "The URL leads to an address that is not on the public web"
    assert website.requests == []


async def test_one_inside_address_spoils_a_name(website: Website) -> None:
    website.answers["/"] = page("secret")
    for addresses in ([PUBLIC, LOOPBACK], [LOOPBACK, PUBLIC]):
        with pytest.raises(PageRefused):
            await Fetcher(ports=(website.port,), resolve=Names(addresses)).fetch(
                website.url(host="two.example")
            )
    assert website.requests == []


@pytest.mark.requirement("tools.web-inside")
async def test_a_name_that_changes_its_meaning_is_met_at_the_address_that_was_judged(
    website: Website,
) -> None:
    website.answers["/"] = page("judged")
    names = Names([LOOPBACK], [NOWHERE])
    fetched = await fetcher(
        website, resolve=names, allows=lambda address: address == LOOPBACK
    ).fetch(website.url(host="rebinding.example"))
    assert (fetched.body, names.hosts) == (b"judged", ["rebinding.example"])
    assert website.requests[0][1]["host"] == f"rebinding.example:{website.port}"


async def test_a_name_that_changes_its_meaning_between_hops_is_judged_again(
    website: Website,
) -> None:
    website.answers |= {"/": moved("/secret"), "/secret": page("secret")}
    names = Names([LOOPBACK], [ip_address("127.0.0.2")])
    with pytest.raises(PageRefused):
        await fetcher(website, resolve=names, allows=lambda address: address == LOOPBACK).fetch(
            website.url(host="rebinding.example")
        )
    assert website.paths == ["/"]


async def test_the_next_address_is_tried_where_one_leads_nowhere(website: Website) -> None:
    website.answers["/"] = page("here")
    names = Names([NOWHERE, LOOPBACK])
    fetched = await fetcher(website, resolve=names).fetch(website.url(host="two.example"))
    assert fetched.body == b"here"


async def test_the_environments_proxy_is_not_asked(
    website: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    website.answers["/"] = page("direct")
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert (await fetcher(website).fetch(website.url())).body == b"direct"


async def test_tls_speaks_to_the_name_at_the_address_that_was_judged(tmp_path: Path) -> None:
    shown, believed = tls_for("good.example", folder=tmp_path)
    with running_website(tls=shown) as website:
        website.answers["/"] = page("sealed")
        visits = fetcher(website, resolve=Names([LOOPBACK]), certificates=believed)
        fetched = await visits.fetch(website.url(host="good.example", scheme="https"))
        with pytest.raises(PageUnavailable):
            await visits.fetch(website.url(host="other.example", scheme="https"))
        with pytest.raises(PageUnavailable):
            await fetcher(website, resolve=Names([LOOPBACK])).fetch(
                website.url(host="good.example", scheme="https")
            )
    assert fetched.body == b"sealed"
    assert [headers["host"] for _, headers in website.requests] == [f"good.example:{website.port}"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed_to_where_it_leads(website: Website, status: int) -> None:
    website.answers |= {"/a/b": moved("../c?d", status=status), "/c": page("there")}
    fetched = await fetcher(website).fetch(website.url("/a/b"))
    assert (fetched.url, fetched.body) == (website.url("/c?d"), b"there")


async def test_a_redirect_sets_no_cookie(website: Website) -> None:
    website.answers |= {"/": moved("/next", Set_Cookie="a=b"), "/next": page("there")}
    await fetcher(website).fetch(website.url())
    assert ["cookie" in headers for _, headers in website.requests] == [False, False]


@pytest.mark.parametrize(
    "location",
    [
        "http://inside.example:{port}/secret",
        "//inside.example:{port}/secret",
        "http://127.0.0.1:1/secret",
        "http://user:password@127.0.0.1:{port}/secret",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/secret",
        "http://[",
    ],
)
async def test_a_redirect_to_what_is_forbidden_is_refused(website: Website, location: str) -> None:
    website.answers["/"] = moved(location.replace("{port}", str(website.port)))
    website.answers["/secret"] = page("secret")

    async def resolve(host: str) -> Sequence[Address]:
        return [ip_address("127.0.0.2") if host == "inside.example" else LOOPBACK]

    with pytest.raises(PageRefused):
        await fetcher(website, resolve=resolve, allows=lambda address: address == LOOPBACK).fetch(
            website.url()
        )
    assert website.paths == ["/"]


async def test_five_redirects_are_followed_and_no_more(website: Website) -> None:
    website.answers |= {f"/{step}": moved(f"/{step + 1}") for step in range(6)}
    website.answers["/6"] = page("there")
    with pytest.raises(PageUnavailable) as unavailable:
        await fetcher(website).fetch(website.url("/0"))
    assert unavailable.value.message == "The page redirects more than 5 times"
    assert (await fetcher(website).fetch(website.url("/1"))).body == b"there"


async def test_a_page_that_redirects_to_itself_is_given_up(website: Website) -> None:
    website.answers["/"] = moved("/")
    with pytest.raises(PageUnavailable):
        await fetcher(website).fetch(website.url())
    assert website.paths == ["/"] * 6


@pytest.mark.parametrize(
    "content_type",
    [
        "image/png",
        "application/pdf",
        "application/octet-stream",
        "video/text",
        "",
        "text",
        "a\tb/c",
    ],
)
async def test_what_is_not_text_is_refused(website: Website, content_type: str) -> None:
    website.answers["/"] = page("data", Content_Type=content_type)
    with pytest.raises(PageRefused):
        await fetcher(website).fetch(website.url())


@pytest.mark.parametrize(
    "content_type",
    ["text/html", "application/xhtml+xml", "text/plain", "application/json", "text/markdown"],
)
async def test_what_is_text_is_fetched(website: Website, content_type: str) -> None:
    website.answers["/"] = page("data", Content_Type=content_type)
    assert await fetcher(website).fetch(website.url()) == Fetched(
        website.url(), content_type, None, b"data"
    )


@pytest.mark.parametrize("status", [300, 304, 400, 404, 500])
async def test_a_status_that_is_no_page_is_unavailable(website: Website, status: int) -> None:
    website.answers["/"] = page("sorry", status=status)
    with pytest.raises(PageUnavailable) as unavailable:
        await fetcher(website).fetch(website.url())
    assert unavailable.value.message == f"The page's server answered with status {status}"


@pytest.mark.parametrize("build", [page, zipped])
async def test_a_body_of_exactly_the_most_is_taken_and_one_more_is_not(
    website: Website, build: Any
) -> None:
    website.answers |= {"/right": build(b"a" * 5_000), "/more": build(b"a" * 5_001)}
    visits = fetcher(website, largest=5_000)
    assert len((await visits.fetch(website.url("/right"))).body) == 5_000
    with pytest.raises(PageUnavailable) as unavailable:
        await visits.fetch(website.url("/more"))
    assert unavailable.value.message == "The page is larger than 5,000 bytes"


async def test_a_body_without_end_or_length_is_cut_off_where_it_is_too_large(
    website: Website,
) -> None:
    website.answers["/"] = dripping
    with pytest.raises(PageUnavailable) as unavailable:
        await fetcher(website, largest=5).fetch(website.url())
    assert unavailable.value.message == "The page is larger than 5 bytes"


async def test_a_compressed_bomb_is_never_held_in_memory(website: Website) -> None:
    website.answers["/"] = zipped(bytes(60_000_000))  # one packet of it is most of it
    visits = fetcher(website, largest=100_000)
    tracemalloc.start()
    try:
        with pytest.raises(PageUnavailable) as unavailable:
            await visits.fetch(website.url())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert unavailable.value.message == "The page is larger than 100,000 bytes"
    assert peak < 5_000_000


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip, gzip", gzip.compress(gzip.compress(b"text"))),
        ("br", b"text"),
        ("gzip", b"text"),
        ("gzip", gzip.compress(b"text" * 1_000)[:-9]),
    ],
    ids=["stacked", "not asked for", "not gzip", "cut off"],
)
async def test_a_body_that_cannot_be_decoded_is_unavailable(
    website: Website, encoding: str, body: bytes
) -> None:
    website.answers["/"] = page(body, Content_Encoding=encoding)
    with pytest.raises(PageUnavailable):
        await fetcher(website).fetch(website.url())


async def test_a_body_that_drips_meets_the_deadline(website: Website) -> None:
    website.answers["/"] = dripping
    with pytest.raises(PageUnavailable) as unavailable:
        await fetcher(website, timeout=0.3).fetch(website.url())
    assert unavailable.value.message == "The page takes too long to arrive"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000,
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=["silent", "ssh", "half", "chunks", "long header", "length", "redirect"],
)
async def test_a_server_that_makes_no_sense_is_unavailable(website: Website, data: bytes) -> None:
    website.answers["/"] = raw(data)
    with pytest.raises(PageUnavailable):
        await fetcher(website).fetch(website.url())


async def test_a_host_that_is_not_there_is_unavailable(website: Website) -> None:
    with pytest.raises(PageUnavailable) as unavailable:
        await fetcher(website, resolve=Names([NOWHERE])).fetch(website.url(host="gone.example"))
    assert unavailable.value.message == "The page's server cannot be reached, or not securely"


@pytest.mark.parametrize("host", ["no-such-name.invalid", "a..b", "a" * 64, "%00", "xn--"])
async def test_a_name_without_addresses_is_unavailable(website: Website, host: str) -> None:
    with pytest.raises(PageUnavailable) as unavailable:
        await fetcher(website).fetch(website.url(host=host))
    assert unavailable.value.message == "The host of the URL is not known"
