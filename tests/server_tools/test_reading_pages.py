"""A fetched page becomes the text that a reader of it would see."""

import pytest

from pegboard.documents.formats.faults import UnreadableFile
from pegboard.documents.parsing.limits import Limits
from pegboard.documents.parsing.parser import Parser
from pegboard.server_tools.web.fetching import Fetched
from pegboard.server_tools.web.reading import text_of

PAGE = """<!doctype html><title>Tea</title><script>steal()</script><style>p {}</style>
<h1>Green</h1><p>Steep it <b>briefly</b>.<p>Then drink.
<h2>Cold</h2><p>Wait an hour."""


def html(body: str | bytes, *, charset: str | None = "utf-8") -> Fetched:
    data = body.encode() if isinstance(body, str) else body
    return Fetched("https://tea.example/", "text/html", charset, data)


async def test_a_page_is_its_text_under_its_headings() -> None:
    assert await text_of(html(PAGE), parser=Parser()) == (
        "Tea > Green\n\nSteep it briefly.\nThen drink.\n\nTea > Green > Cold\n\nWait an hour."
    )


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "text/markdown"])
async def test_other_text_is_told_as_it_is(content_type: str) -> None:
    page = Fetched("https://tea.example/", content_type, None, b'{"tea": "<b>green</b>"}')
    assert await text_of(page, parser=Parser()) == '{"tea": "<b>green</b>"}'


async def test_a_long_page_is_cut_and_says_so() -> None:
    text = await text_of(html("<p>" + "tea " * 100_000), parser=Parser())
    assert text.startswith("tea tea tea")
    assert text[20_000:] == "\n\n[The page is longer; the rest was cut off.]"


@pytest.mark.parametrize("body", ["<p>чай", "<meta charset=iso-8859-1><p>чай"])
async def test_the_senders_encoding_outranks_the_pages_own(body: str) -> None:
    page = html(body.encode("cp1251"), charset="windows-1251")
    assert await text_of(page, parser=Parser()) == "чай"


@pytest.mark.parametrize("charset", ["hex", "no-such-encoding", "punycode", "utf-16", None])
async def test_a_senders_false_word_about_the_encoding_does_no_harm(charset: str | None) -> None:
    assert await text_of(html("<p>чай", charset=charset), parser=Parser()) == "чай"


async def test_a_page_in_utf_16_is_read() -> None:
    assert (
        await text_of(html("<p>чай".encode("utf-16"), charset="UTF-16"), parser=Parser()) == "чай"
    )


@pytest.mark.parametrize(
    "body",
    [b"", b"<script>steal()</script>", b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", bytes(range(32))],
)
async def test_a_page_that_says_nothing_readable_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableFile):
        await text_of(html(body), parser=Parser())


async def test_a_page_nested_very_deeply_is_read() -> None:
    assert await text_of(html("<div>" * 10_000 + "deep"), parser=Parser()) == "deep"


async def test_a_page_that_takes_too_long_to_read_is_given_up() -> None:
    with pytest.raises(UnreadableFile):
        await text_of(html(PAGE), parser=Parser(Limits(seconds=0.001)))
