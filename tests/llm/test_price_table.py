"""Prices as they are read here are those that litellm would tell."""

import asyncio
from datetime import UTC, datetime

import pytest

from pegboard import clock
from pegboard.llm.gateway import Usage
from pegboard.llm.litellm.gateway import load
from pegboard.llm.openai_compatible.endpoints import ENDPOINTS
from pegboard.llm.price_table import find_priced, with_cost
from pegboard.llm.providers import find_provider
from pegboard.models.litellm_table import read_table

# litellm does much that its own libraries warn of.
pytestmark = pytest.mark.filterwarnings("ignore")

USED = (Usage(1_000, 500), Usage(1_000, 500, 400), Usage(200_000, 9, 7), Usage(300_000, 9, 7))


def test_each_model_of_the_direct_path_costs_what_litellm_says() -> None:
    litellm = asyncio.run(load())
    compared = 0
    for model in read_table():
        provider = find_provider(model.provider).litellm
        if provider not in ENDPOINTS or model.api_mode != "chat_completions":
            continue
        priced = find_priced(provider, model.name)
        if priced is None or priced.input_cost_per_token is None:
            continue  # litellm says that such a one costs nothing; we, that nobody knows
        for used in USED:
            mine = with_cost(used, priced).cost_usd
            theirs = sum(
                litellm.cost_per_token(
                    model=f"{provider}/{model.name}",
                    prompt_tokens=used.input_tokens,
                    completion_tokens=used.output_tokens,
                    cache_read_input_tokens=used.cached_input_tokens,
                    cache_creation_input_tokens=0,
                )
            )
            assert mine is not None
            assert float(mine) == pytest.approx(theirs, abs=1e-9), (model, used)
            compared += 1
    assert compared > 1_000


@pytest.mark.parametrize(
    ("now", "share"),
    [
        (datetime(2026, 11, 30, 9, 59, tzinfo=UTC), 1.0),  # a Monday
        (datetime(2026, 11, 30, 10, 0, tzinfo=UTC), 0.5),
        (datetime(2026, 11, 29, 9, 59, tzinfo=UTC), 0.5),
    ],
)
def test_hours_off_the_peak_are_cheaper(
    monkeypatch: pytest.MonkeyPatch, now: datetime, share: float
) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)
    cost = with_cost(Usage(1_000, 500), find_priced("deepseek", "deepseek-v4-flash")).cost_usd
    assert float(cost or 0) == pytest.approx(share * (1_000 * 3e-07 + 500 * 1.2e-06))


def test_a_fine_tuned_model_costs_what_its_base_does_when_tuned() -> None:
    tuned = find_priced("openai", "ft:gpt-4o-2024-08-06:company::id")
    assert tuned == find_priced("openai", "ft:gpt-4o-2024-08-06")
    assert tuned is not None
