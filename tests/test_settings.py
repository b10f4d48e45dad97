"""A setting that cannot work stops the start, where its reason can still be read."""

import re
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from pegboard.settings import Settings

PROJECT = Path(__file__).parents[1]


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


def names_in(text: str) -> set[str]:
    return set(re.findall(r"\bPEGBOARD_[A-Z_]+\b", text))


@pytest.mark.requirement("operating.settings")
def test_every_setting_is_explained_and_nothing_else_is() -> None:
    settings = {
        f"PEGBOARD_{name.upper()}"
        for name, field in Settings.model_fields.items()
        if field.validation_alias is None  # else it is a variable of another program's
    }
    explained = re.findall(r"^#?(PEGBOARD_[A-Z_]+)=", (PROJECT / ".env.example").read_text(), re.M)
    assert sorted(explained) == sorted(settings)


def test_compose_sets_what_there_is_and_lets_nothing_write_but_the_data() -> None:
    composed = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
    settings = {f"PEGBOARD_{name.upper()}" for name in Settings.model_fields}
    for name in ("server", "worker"):
        service = composed["services"][name]
        assert set(service["environment"]) <= settings
        assert service["environment"]["PEGBOARD_DATA_DIR"] in {
            volume.split(":")[1] for volume in service["volumes"]
        }
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        grace = Settings.model_fields["grace_seconds"].default
        assert int(service["stop_grace_period"].removesuffix("s")) > grace
    for name in ("docker-compose.yml", "Dockerfile"):
        assert names_in((PROJECT / name).read_text()) <= settings
