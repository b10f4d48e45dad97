"""A setting that cannot work stops the start, where its reason can still be read."""

import pytest
from pydantic import ValidationError

from app.settings import Settings


@pytest.mark.parametrize(
    "url", ["searxng:8080", "ftp://searxng", "http://", "/search", "http://searxng:port"]
)
def test_an_address_of_no_web_server_is_no_search_service(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("PEGBOARD_SEARXNG_URL", url)
    with pytest.raises(ValidationError, match="searxng_url"):
        Settings()


@pytest.mark.parametrize("url", ["http://searxng:8080", "https://search.example/sub/"])
def test_a_search_service_is_named_by_its_address(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("PEGBOARD_SEARXNG_URL", url)
    assert Settings().searxng_url == url


def test_an_empty_address_is_no_search_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEGBOARD_SEARXNG_URL", "")
    assert Settings().searxng_url is None
