"""Whose model a name means: the catalogue and the environment in, provider and name out."""

from collections.abc import Iterator

import pytest

from pegboard.llm import providers
from pegboard.llm.gateway import ModelName
from pegboard.models.catalogue import Catalogue
from pegboard.models.entries import Model
from pegboard.models.litellm_table import read_table
from pegboard.models.resolution import NameRefused, Resolver

OWN = "http://127.0.0.1:9/v1"


@pytest.fixture(scope="module")
def known() -> tuple[Model, ...]:
    return tuple(read_table())


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*providers.PROVIDERS, *providers.OTHERS):
        for variable in providers.find_provider(name).variables:
            monkeypatch.delenv(variable, raising=False)


def resolver(known: tuple[Model, ...], *served: Model) -> Resolver:
    catalogue = Catalogue(lambda: known, is_configured=providers.is_configured)
    catalogue.serve(served)
    return Resolver(catalogue, ModelName("openai", "gpt-4o"))


CASES = [
    # A prefix that is a configured provider wins, whatever else has a model of the whole name.
    ("ANTHROPIC_API_KEY", "anthropic/claude-sonnet-4", "anthropic", "claude-sonnet-4"),
    ("ANTHROPIC_API_KEY", "anthropic/claude-opus-4.1", "anthropic", "claude-opus-4-1"),
    ("XAI_API_KEY", "xai/grok-3", "xai", "grok-3"),
    ("XAI_API_KEY", "x-ai/grok-3", "xai", "grok-3"),
    ("OPENAI_API_KEY", "openai/gpt-4o", "openai", "gpt-4o"),
    ("GEMINI_API_KEY", "google/gemini-2.5-pro", "google", "gemini-2.5-pro"),
    ("ANTHROPIC_API_KEY OPENROUTER_API_KEY", "anthropic/claude-x", "anthropic", "claude-x"),
    ("MISTRAL_API_KEY", "mistral/of-my-own", "mistral", "of-my-own"),
    # Without a prefix: whoever makes models of such names.
    ("ANTHROPIC_API_KEY", "claude-3-5-sonnet-20241022", "anthropic", "claude-3-5-sonnet-20241022"),
    ("ANTHROPIC_API_KEY", "claude-opus-4.1", "anthropic", "claude-opus-4-1"),
    ("XAI_API_KEY AZURE_AI_API_KEY", "grok-3", "xai", "grok-3"),
    ("OPENAI_API_KEY AZURE_API_KEY", "gpt-4o", "openai", "gpt-4o"),
    ("COHERE_API_KEY", "embed-english-v3.0", "cohere", "embed-english-v3.0"),
    # Where no credentials fit, the next that has them and knows the model.
    ("AZURE_API_KEY", "gpt-4o", "azure", "gpt-4o"),
    ("AZURE_AI_API_KEY", "grok-3", "azure_ai", "grok-3"),
    ("VERTEXAI_PROJECT", "gemini-2.5-pro", "vertex_ai", "gemini-2.5-pro"),
    ("VERTEXAI_PROJECT", "google/gemini-2.5-pro", "vertex_ai", "gemini-2.5-pro"),
    ("GMI_API_KEY", "anthropic/claude-sonnet-4", "gmi", "anthropic/claude-sonnet-4"),
    ("OPENROUTER_API_KEY", "anthropic/claude-x", "openrouter", "anthropic/claude-x"),
    ("GROQ_API_KEY", "openai/gpt-oss-120b", "groq", "openai/gpt-oss-120b"),
    ("CEREBRAS_API_KEY OPENAI_API_KEY", "gpt-oss-120b", "cerebras", "gpt-oss-120b"),
    # Never a version of another day.
    ("VERTEXAI_PROJECT", "claude-sonnet-4-5-20200101", "anthropic", "claude-sonnet-4-5-20200101"),
    # An unknown name is the default provider's; one that nobody has credentials for, its maker's.
    ("ANTHROPIC_API_KEY", "of-my-own", "openai", "of-my-own"),
    ("ANTHROPIC_API_KEY", "vendor/of-my-own", "openai", "vendor/of-my-own"),
    ("OPENAI_API_KEY", "claude-sonnet-4-5", "anthropic", "claude-sonnet-4-5"),
    ("", "anthropic/claude-sonnet-4-5", "anthropic", "claude-sonnet-4-5"),
    ("", "gpt-4o", "openai", "gpt-4o"),
    # A server of the operator's own may have any model.
    ("OPENAI_BASE_URL", "claude-sonnet-4-5", "openai", "claude-sonnet-4-5"),
    ("OPENAI_BASE_URL", "anthropic/claude-sonnet-4-5", "anthropic", "claude-sonnet-4-5"),
]


@pytest.mark.parametrize(("variables", "name", "provider", "model"), CASES)
def test_a_name_means(
    known: tuple[Model, ...],
    monkeypatch: pytest.MonkeyPatch,
    variables: str,
    name: str,
    provider: str,
    model: str,
) -> None:
    for variable in variables.split():
        monkeypatch.setenv(variable, OWN if variable.endswith("URL") else "k")
    assert resolver(known).resolve(name) == ModelName(provider, model)


def test_what_an_own_server_has_is_found_there_whatever_it_is_called(
    known: tuple[Model, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HOSTED_VLLM_API_BASE", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(variable, OWN)
    for name in ("/models/llama 3", "anthropic/claude-x", "mistral-7b"):
        names = resolver(known, Model("vllm", name))
        assert names.resolve(name) == ModelName("vllm", name)
        assert names.resolve(name, "vllm") == ModelName("vllm", name)


def test_a_provider_that_is_named_is_asked(
    known: tuple[Model, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    names = resolver(known)
    assert names.resolve("claude-opus-4.1", "anthropic").name == "claude-opus-4-1"
    assert names.resolve("anthropic/claude-x", "openrouter").name == "anthropic/claude-x"
    with pytest.raises(NameRefused) as refused:
        names.resolve("x", "nosuchprovider")
    assert refused.value.param == "llm_provider"


def test_where_nobody_can_be_asked_any_provider_will_do(known: tuple[Model, ...]) -> None:
    assert resolver(known).resolve("x", "nosuchprovider") == ModelName("nosuchprovider", "x")


def _listed(known: tuple[Model, ...]) -> Iterator[str]:
    for model in known:
        yield f"{model.provider}/{model.name}"


def test_each_name_of_the_table_is_taken(known: tuple[Model, ...]) -> None:
    names = resolver(known)
    assert all(names.resolve(name) for name in _listed(known))


def test_each_provider_of_the_table_was_looked_at(known: tuple[Model, ...]) -> None:
    """A new one is first looked at for what its names can be, then listed."""
    new = {one.provider for one in known if not providers.is_known(one.provider)}
    assert new <= {*providers.REFUSED, *providers.UNROUTED}
