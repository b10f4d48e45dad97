"""The model library: answered from the server's own catalogue, with nothing from the network."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from pegboard.llm.endpoints import configured_endpoints, served_models
from tests.support.deadlines import deadline
from tests.support.model_lists import running_endpoints
from tests.support.postgres import new_database
from tests.support.server import Server, start_server
from tests.support.steps import new_thread, say

Model = dict[str, Any]


@pytest.fixture(scope="module")
def chosen(postgres_url: str) -> Iterator[Server]:
    """A server whose operator has one provider's key, a vLLM and an Ollama."""
    with running_endpoints() as url:
        running = start_server(
            PEGBOARD_DATABASE_URL=new_database(postgres_url),
            PEGBOARD_SANDBOX="auto",
            ANTHROPIC_API_KEY="sk-ant-x",
            HOSTED_VLLM_API_BASE=f"{url}/v1",
            OLLAMA_API_BASE=url,
            LM_STUDIO_API_BASE="http://127.0.0.1:9/v1",  # nobody listens there
        )
        yield running
        running.stop()


def listed(client: httpx.Client, path: str = "/models", **query: Any) -> tuple[list[Model], int]:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["models"], answer.json()["total"]


def everything(client: httpx.Client, **query: Any) -> list[Model]:
    """All pages, as clients read them."""
    models: list[Model] = []
    while True:
        page, total = listed(client, skip=len(models), limit=500, **query)
        models += page
        if len(models) >= total or not page:
            assert len(models) == total
            return models


@pytest.mark.requirement("backboard.models")
def test_several_thousand_models_are_read_page_by_page(client: httpx.Client) -> None:
    models = everything(client)
    assert len(models) > 3000
    named = [(one["provider"], one["name"]) for one in models]
    assert len(set(named)) == len(named)
    assert all(one["context_limit"] > 0 for one in models)
    assert listed(client, limit=2, skip=10**9) == ([], len(models))


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ({"model_type": "embedding"}, lambda one: one["model_type"] == "embedding"),
        ({"model_type": "LLM"}, lambda one: one["model_type"] == "llm"),
        ({"provider": "Anthropic"}, lambda one: one["provider"] == "anthropic"),
        ({"provider": "gemini"}, lambda one: one["provider"] == "google"),
        ({"supports_tools": True}, lambda one: one["supports_tools"]),
        ({"supports_tools": False}, lambda one: not one["supports_tools"]),
        ({"supports_thinking": True}, lambda one: one["thinking_controls"]["supported"]),
        ({"supports_json_output": True}, lambda one: one["supports_json_output"]),
        ({"min_context": 200_000}, lambda one: one["context_limit"] >= 200_000),
        ({"max_context": 8_192}, lambda one: one["context_limit"] <= 8_192),
        (
            {"min_context": 100_000, "max_context": 200_000, "supports_tools": True},
            lambda one: 100_000 <= one["context_limit"] <= 200_000 and one["supports_tools"],
        ),
    ],
)
@pytest.mark.requirement("backboard.models")
def test_a_filter_leaves_just_those_that_fit(
    client: httpx.Client, query: dict[str, Any], fits: Any
) -> None:
    every = everything(client)
    matches = everything(client, **query)
    assert matches == [one for one in every if fits(one)]
    assert 0 < len(matches) < len(every)


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 501}, {"skip": -1}])
def test_a_page_outside_the_bounds_is_a_schema_error(
    client: httpx.Client, query: dict[str, Any]
) -> None:
    assert client.get("/models", params=query).status_code == 422


def test_a_filter_that_fits_nothing_gives_an_empty_page(client: httpx.Client) -> None:
    assert listed(client, provider="nobody") == ([], 0)
    assert listed(client, "/models/provider/nobody") == ([], 0)


@pytest.mark.parametrize(
    ("path", "provider", "name"),
    [
        ("gpt-4o", "openai", "gpt-4o"),
        ("GPT-4o", "openai", "gpt-4o"),
        ("openai/gpt-4o", "openai", "gpt-4o"),
        ("openai%2Fgpt-4o", "openai", "gpt-4o"),
        ("claude-sonnet-4-5", "anthropic", "claude-sonnet-4-5"),
        ("meta-llama/Meta-Llama-3.1-8B-Instruct", None, "meta-llama/Meta-Llama-3.1-8B-Instruct"),
        ("deepinfra/meta-llama/Meta-Llama-3.1-8B-Instruct", "deepinfra", None),
        ("amazon.titan-embed-text-v2:0", "aws-bedrock", "amazon.titan-embed-text-v2:0"),
        ("bedrock%2Famazon.titan-embed-text-v2%3A0", "aws-bedrock", None),
        ("gemini/gemini-2.5-pro", "google", "gemini-2.5-pro"),
    ],
)
def test_a_model_is_found_by_its_name(
    client: httpx.Client, path: str, provider: str | None, name: str | None
) -> None:
    answer = client.get(f"/models/{path}")
    assert answer.status_code == 200, answer.text
    assert provider in {None, answer.json()["provider"]}
    assert name in {None, answer.json()["name"]}


def test_the_figures_of_a_model_are_known(client: httpx.Client) -> None:
    model = client.get("/models/gpt-4o").json()
    assert (model["context_limit"], model["max_output_tokens"]) == (128_000, 16_384)
    prices = [model[f"{kind}_cost_per_1m_tokens"] for kind in ("input", "output", "cached_input")]
    assert prices == [2.5, 10, 1.25]
    assert (model["supports_tools"], model["supports_vision"]) == (True, True)
    assert model["api_mode"] == "chat_completions"


@pytest.mark.parametrize(
    "path", ["nope", "openai/nope", "nobody/gpt-4o", "embedding/gpt-4o", "a//b"]
)
def test_an_unknown_model_is_a_404_that_names_it(client: httpx.Client, path: str) -> None:
    answer = client.get(f"/models/{path}")
    assert answer.status_code == 404
    assert answer.json()["detail"] == f"Model '{path.removeprefix('embedding/')}' not found"


def test_fixed_paths_are_not_taken_for_names(client: httpx.Client) -> None:
    providers = client.get("/models/providers").json()
    assert {"openai", "anthropic", "google", "aws-bedrock"} <= set(providers["providers"])
    assert providers["total"] == len(providers["providers"])
    assert listed(client, "/models/provider/openai") == listed(client, provider="openai")
    assert listed(client, "/models/providers/openai") == listed(client, provider="openai")
    embedding = client.get("/models/embedding/providers").json()["providers"]
    assert set(embedding) < set(providers["providers"])
    for kind in ("image", "video"):
        assert client.get(f"/models/{kind}/all").json() == {"models": [], "total": 0}
        assert client.get(f"/models/{kind}/dall-e-3").status_code == 404
    assert client.get("/models/image/providers").json() == {"providers": [], "total": 0}


def test_embedding_models_tell_their_dimensions(client: httpx.Client) -> None:
    models, total = listed(client, "/models/embedding/all", limit=500)
    assert total == len(models) > 50
    large = client.get("/models/embedding/text-embedding-3-large").json()
    assert large in models
    assert (large["embedding_dimensions"], large["context_limit"]) == (3072, 8191)
    small, _ = listed(client, "/models/embedding/all", max_dimensions=512, limit=500)
    assert small == [one for one in models if one["embedding_dimensions"] <= 512]
    local, _ = listed(client, "/models/embedding", provider="local")
    assert [one["name"] for one in local] == ["all-MiniLM-L6-v2"]
    assert local[0]["configured"]


@pytest.mark.requirement("backboard.models")
def test_names_resolve_as_the_published_clients_spell_them(client: httpx.Client) -> None:
    """Without the prefix that the table has, and with the suffix that it lacks."""
    embedding = client.get("/models/embedding/embed-english-v3.0").json()
    assert (embedding["provider"], embedding["embedding_dimensions"]) == ("cohere", 1024)
    preview = client.get("/models/openai/gpt-4-turbo-preview").json()
    assert (preview["provider"], preview["name"]) == ("openai", "gpt-4-turbo")


def test_thinking_controls_are_told_for_any_model(client: httpx.Client) -> None:
    def thinking(**query: str) -> dict[str, Any]:
        answer: dict[str, Any] = client.get("/models/thinking-metadata", params=query).json()
        return answer

    controls = {
        "supported": True,
        "allowed_fields": ["effort", "type", "budget_tokens"],
        "effort_levels": ["low", "medium", "high"],
        "default_effort": None,
        "defaults_only": False,
        "always_on": False,
    }
    assert thinking(provider="anthropic", model="claude-sonnet-4-5") == {
        **controls,
        "provider": "anthropic",
        "model": "claude-sonnet-4-5",
        "max_output_tokens": 64_000,
        "supports_thinking": True,
        "thinking_controls": controls,
    }
    for without in (thinking(model="gpt-4o"), thinking(provider="nobody", model="nothing")):
        assert (without["supported"], without["allowed_fields"]) == (False, [])


def test_a_model_says_whether_its_provider_has_credentials_here(chosen: Server) -> None:
    with chosen.client() as client:
        claude = client.get("/models/anthropic/claude-sonnet-4-5").json()
        gpt = client.get("/models/openai/gpt-4o").json()
        assert (claude["configured"], claude["simulated"]) == (True, False)
        assert (gpt["configured"], gpt["simulated"]) == (False, True)
        configured = {one["provider"] for one in everything(client, configured=True)}
        assert configured >= {"anthropic", "local", "sandbox"}
        assert "openai" not in configured


def test_what_the_operators_endpoints_serve_is_in_the_library(chosen: Server) -> None:
    with chosen.client() as client:
        end = deadline(20)
        while (response := client.get("/models/vllm/acme/tiny:7b")).status_code == 404:
            assert time.monotonic() < end
            time.sleep(0.05)
        tiny = response.json()
        assert (tiny["provider"], tiny["name"]) == ("vllm", "acme/tiny:7b")
        assert (tiny["context_limit"], tiny["configured"]) == (4_096, True)
        llama = client.get("/models/ollama/llama-of-mine:latest").json()
        assert (llama["context_limit"], llama["supports_tools"]) == (32_768, True)
        assert llama["supports_thinking"]
        embeds = client.get("/models/embedding/embeds:latest").json()
        assert (embeds["provider"], embeds["embedding_dimensions"]) == ("ollama", 768)


def test_odd_names_and_figures_of_an_endpoint_are_passed_over(chosen: Server) -> None:
    with chosen.client() as client:
        end = deadline(20)
        while not (served := listed(client, provider="vllm")[0]):
            assert time.monotonic() < end
            time.sleep(0.05)
        windows = [(model["name"], model["context_limit"]) for model in served]
        assert windows == [("acme/odd", 128_000), ("acme/tiny:7b", 4_096)]


async def test_an_endpoint_that_answers_nonsense_serves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running_endpoints() as url:
        monkeypatch.setenv("HOSTED_VLLM_API_BASE", f"{url}/odd")
        for _ in range(4):
            assert await served_models(configured_endpoints()) == []


def test_the_catalogue_says_how_much_a_model_reads(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    for name in ("gpt-4o", "claude-sonnet-4-5", "no-such-model"):
        used = say(client, thread_id, "Hi", model_name=name)["context_usage"]
        known = client.get(f"/models/{name}")
        expected = known.json()["context_limit"] if known.is_success else 128_000
        assert used["context_limit"] == expected
