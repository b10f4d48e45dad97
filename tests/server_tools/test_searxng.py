"""A SearXNG is asked for JSON, and none of its answers does harm."""

import json
from collections.abc import Iterator

import pytest

from pegboard.server_tools.web.search import SearchFailed, SearchResult
from pegboard.server_tools.web.searxng import SearxngSearch
from tests.support.website import (
    Behaviour,
    Website,
    answer,
    dripping,
    moved,
    page,
    raw,
    running_website,
    zipped,
)

ENTRY = {"title": "Kettle", "url": "https://kettle.example/", "content": "Boils water"}
RESULT = SearchResult("Kettle", "https://kettle.example/", "Boils water")


@pytest.fixture
def website() -> Iterator[Website]:
    with running_website() as running:
        yield running


async def test_a_search_asks_for_json_and_gives_results_in_order(website: Website) -> None:
    second = {**ENTRY, "title": "Pot"}
    website.answers["/sub/search"] = answer({"results": [ENTRY, second, ENTRY], "answers": []})
    results = await SearxngSearch(website.url("/sub/")).search("hot water & tea", limit=2)
    assert results == (RESULT, SearchResult("Pot", RESULT.url, RESULT.snippet))
    assert website.paths == ["/sub/search?q=hot+water+%26+tea&format=json"]


async def test_a_search_that_finds_nothing_gives_nothing(website: Website) -> None:
    website.answers["/search"] = answer({"results": []})
    assert await SearxngSearch(website.url()).search("zxcvb", limit=8) == ()


async def test_a_compressed_answer_is_understood(website: Website) -> None:
    website.answers["/search"] = zipped(json.dumps({"results": [ENTRY]}).encode())
    assert await SearxngSearch(website.url()).search("kettle", limit=8) == (RESULT,)


async def test_entries_of_other_shapes_are_passed_over_and_texts_are_bounded(
    website: Website,
) -> None:
    oddities = [
        None,
        7,
        "text",
        ["https://kettle.example/"],
        {},
        {**ENTRY, "url": None},
        {**ENTRY, "url": "javascript:alert(1)"},
        {**ENTRY, "url": "file:///etc/passwd"},
        {**ENTRY, "url": "https://kettle.example/" + "a" * 2_000},
    ]
    bare = {"url": "http://a.example/", "title": 7, "content": None}
    long = {**ENTRY, "title": "t" * 10_000, "content": "a\n \ud800\x00b " + "c" * 10_000}
    website.answers["/search"] = answer({"results": [*oddities, bare, long]})
    assert await SearxngSearch(website.url()).search("kettle", limit=8) == (
        SearchResult("", "http://a.example/", ""),
        SearchResult("t" * 200, RESULT.url, "a ?b " + "c" * 595),
    )


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        (page("", status=403), "refuses; its search.formats may lack json"),
        (page("", status=429), "answered with 429"),
        (page("", status=500), "answered with 500"),
        (moved("/elsewhere"), "answered with 302"),
        (page("<html><p>Kettle"), "did not answer with JSON"),
        (page(""), "did not answer with JSON"),
        (page(b"\xff\xfe\xfd"), "did not answer with JSON"),
        (page("[" * 100_000), "did not answer with JSON"),
        (answer([ENTRY]), "answered without results"),
        (answer({"results": "none"}), "answered without results"),
        (answer(None), "answered without results"),
        (page("9" * 5_000), "did not answer with JSON"),
        (raw(b"SSH-2.0-OpenSSH_9.6\r\n"), "cannot be reached"),
    ],
)
async def test_an_answer_that_is_none_fails_the_search(
    website: Website, behaviour: Behaviour, message: str
) -> None:
    website.answers |= {"/search": behaviour, "/elsewhere": answer({"results": [ENTRY]})}
    with pytest.raises(SearchFailed) as failed:
        await SearxngSearch(website.url()).search("kettle", limit=8)
    assert failed.value.message == f"The search service {message}"


@pytest.mark.parametrize("build", [page, zipped])
async def test_an_answer_that_is_too_large_fails_the_search(
    website: Website, build: object
) -> None:
    assert callable(build)
    website.answers["/search"] = build(b" " * 1_000_001)
    with pytest.raises(SearchFailed) as failed:
        await SearxngSearch(website.url()).search("kettle", limit=8)
    assert failed.value.message == "The search service's answer is larger than 1,000,000 bytes"


async def test_an_answer_that_drips_meets_the_deadline(website: Website) -> None:
    website.answers["/search"] = dripping
    with pytest.raises(SearchFailed) as failed:
        await SearxngSearch(website.url(), timeout=0.3).search("kettle", limit=8)
    assert failed.value.message == "The search service takes too long to answer"


@pytest.mark.parametrize("url", ["http://127.255.255.255:9", "http://no-such-name.invalid"])
async def test_a_service_that_is_not_there_fails_without_telling_where(url: str) -> None:
    with pytest.raises(SearchFailed) as failed:
        await SearxngSearch(url).search("kettle", limit=8)
    assert failed.value.message == "The search service cannot be reached"


async def test_half_a_character_in_the_query_is_replaced(website: Website) -> None:
    website.answers["/search"] = answer({"results": []})
    await SearxngSearch(website.url()).search("tea \ud83c", limit=8)
    assert website.paths == ["/search?q=tea+%3F&format=json"]
