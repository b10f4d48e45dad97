"""Embeddings and moderations at OpenAI's API, through the published SDKs."""

import base64
import json
import math
import struct
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI

from pegboard.identifiers import new_id
from tests.conftest import StartServer
from tests.support.deadlines import patience
from tests.support.postgres import new_database, query
from tests.support.provider import Provider, running_provider
from tests.support.published_clients import OPENAI
from tests.support.server import Server, start_server
from tests.support.three_shapes import SHOWN, running_three_shapes

SMALL = "text-embedding-3-small"
LOCAL = "local/all-MiniLM-L6-v2"
CAT = "The cat sat on the mat."
KITTEN = "A kitten was sitting on a rug."
BANK = "Interest rates were raised by the central bank."
CAT_IN_TOKENS = [791, 8415, 7731, 389, 279, 5634, 13]  # cl100k_base


def sdk(server: Server) -> OpenAI:
    key = f"sk-{new_id().hex}"
    return OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0)


@pytest.fixture
def client(server: Server) -> Iterator[OpenAI]:
    with sdk(server) as opened:
        yield opened


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture(scope="module")
def served_url(postgres_url: str) -> str:
    return new_database(postgres_url)


@pytest.fixture(scope="module")
def served(served_url: str, provider: Provider) -> Iterator[Server]:
    """A server whose OpenAI is the given provider."""
    running = start_server(
        PEGBOARD_DATABASE_URL=served_url,
        PEGBOARD_SANDBOX="auto",
        OPENAI_API_KEY="sk-serversecret",
        OPENAI_BASE_URL=provider.url,
    )
    yield running
    running.stop()


def vectors_of(client: OpenAI, inputs: Any, model: str = SMALL, **fields: Any) -> list[list[float]]:
    answer = client.embeddings.create(model=model, input=inputs, **fields)
    return [one.embedding for one in answer.data]


def alike(first: Sequence[float], second: Sequence[float]) -> float:
    return sum(one * other for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize("name", OPENAI.clients)
@pytest.mark.requirement("openai.embeddings")
def test_a_generation_gets_its_embeddings(name: str, server: Server) -> None:
    if not OPENAI.can_run(name):
        pytest.skip("needs node")
    usual, plain, short, moderated = json.loads(OPENAI.play(name, "embed", server))
    assert usual == {
        "model": SMALL,
        "indexes": [0, 1],
        "dims": [1536, 1536],
        "lengths": [1.0, 1.0],
        "usage": usual["usage"],
    }
    assert usual["usage"][0] == usual["usage"][1] > 0
    assert plain == usual
    assert short == {**usual, "dims": [256, 256]}
    assert "PEGBOARD_SANDBOX" in moderated


@pytest.mark.parametrize(
    ("model", "dims"),
    [
        (SMALL, 1536),
        (f"openai/{SMALL}", 1536),
        ("text-embedding-3-large", 3072),
        ("text-embedding-ada-002", 1536),
        ("embed-english-v3.0", 1024),
        (LOCAL, 384),
        ("all-MiniLM-L6-v2", 384),
        ("of-my-own", 384),
    ],
)
def test_a_model_that_is_stood_in_for_has_its_usual_dimensions(
    client: OpenAI, model: str, dims: int
) -> None:
    first, second = vectors_of(client, [CAT, CAT], model)
    assert len(first) == dims
    assert math.hypot(*first) == pytest.approx(1, abs=1e-5)
    assert first == second


@pytest.mark.parametrize("dims", [None, 64, 256, 500, 1536])
def test_what_means_the_same_is_near_in_any_number_of_dimensions(
    client: OpenAI, dims: int | None
) -> None:
    options: dict[str, Any] = {} if dims is None else {"dimensions": dims}
    cat, kitten, bank = vectors_of(client, [CAT, KITTEN, BANK], **options)
    assert len(cat) == dims or 1536
    assert alike(cat, kitten) > alike(cat, bank) + 0.1


@pytest.mark.requirement("openai.embeddings")
def test_a_text_its_tokens_and_both_formats_are_one_vector(client: OpenAI) -> None:
    (text,) = vectors_of(client, CAT)
    (tokens,) = vectors_of(client, CAT_IN_TOKENS)
    (listed,) = vectors_of(client, [CAT_IN_TOKENS])
    (plain,) = vectors_of(client, CAT, encoding_format="float")
    (packed,) = vectors_of(client, CAT, encoding_format="base64")
    assert text == tokens == listed == pytest.approx(plain, rel=1e-4, abs=1e-6)
    raw = base64.b64decode(packed)  # type: ignore[arg-type]
    assert struct.unpack(f"<{len(raw) // 4}f", raw) == pytest.approx(text)
    usage = client.embeddings.create(model=SMALL, input=CAT_IN_TOKENS).usage
    assert (usage.prompt_tokens, usage.total_tokens) == (len(CAT_IN_TOKENS),) * 2


BAD: list[tuple[dict[str, Any], str]] = [
    ({"input": ""}, "input"),
    ({"input": []}, "input"),
    ({"input": [CAT, ""]}, "input"),
    ({"input": [CAT, 7]}, "input"),
    ({"input": {"text": CAT}}, "input"),
    ({"input": [100_000_000]}, "input"),
    ({"input": [-1]}, "input"),
    ({"input": [[1.5]]}, "input"),
    ({"input": [1] * 8_193}, "input"),
    ({"input": [CAT] * 2_049}, "input"),
    ({"input": "x" * 100_001}, "input"),
    ({"input": ["x" * 100_000] * 16}, "input"),
    ({"dimensions": 0}, "dimensions"),
    ({"dimensions": 1_537}, "dimensions"),
    ({"encoding_format": "hex"}, "encoding_format"),
    ({"model": "gpt-4o"}, "model"),
    ({"model": "http://127.0.0.1/"}, "model"),
    ({"model": ""}, "model"),
]


@pytest.mark.parametrize(("field", "param"), BAD, ids=range(len(BAD)))
def test_bad_input_is_named(client: OpenAI, field: dict[str, Any], param: str) -> None:
    body = {"model": SMALL, "input": CAT, **field}
    with pytest.raises(openai.BadRequestError) as refused:
        client.post("/embeddings", body=body, cast_to=object)
    assert refused.value.param == param


def test_a_provider_embeds_what_is_asked_of_it(
    served: Server, provider: Provider, served_url: str
) -> None:
    with sdk(served) as client:
        answer = client.embeddings.create(model=SMALL, input=[CAT, BANK], dimensions=16)
        assert answer.model == SMALL
        assert [len(one.embedding) for one in answer.data] == [16, 16]
        assert answer.usage.prompt_tokens == 1
        request = provider.last()
        assert (request["model"], request["input"], request["dimensions"]) == (
            SMALL,
            [CAT, BANK],
            16,
        )
        client.embeddings.create(model="vendor/of-my-own", input=CAT)
        assert provider.last()["model"] == "vendor/of-my-own"
        assert "dimensions" not in provider.last()
        with pytest.raises(openai.InternalServerError, match="had an error"):
            client.embeddings.create(model="embeds-nothing", input=CAT)
        disguised = client.embeddings.create(model="cohere/embed-english-v3.0", input=CAT)
        assert (disguised.model, len(disguised.data[0].embedding)) == (
            LOCAL,
            1024,
        )  # who it was, in truth
    rows = query(
        served_url, "SELECT provider, model, input_tokens > 0 FROM usage_records ORDER BY id"
    )
    assert rows == [
        ("openai", SMALL, True),
        ("openai", "vendor/of-my-own", True),
        ("local", "all-MiniLM-L6-v2", True),
    ]


def test_without_a_sandbox_a_missing_credential_is_named(start: StartServer) -> None:
    with sdk(start(PEGBOARD_SANDBOX="off")) as client:
        with pytest.raises(openai.BadRequestError, match="OPENAI_API_KEY"):
            client.embeddings.create(model=SMALL, input=CAT)
        assert len(vectors_of(client, CAT, LOCAL)[0]) == 384
        with pytest.raises(openai.BadRequestError, match="OPENAI_API_KEY"):
            client.moderations.create(input=CAT)


def test_moderation_is_passed_to_openai(start: StartServer) -> None:
    with running_three_shapes() as provider:
        server = start(PEGBOARD_SANDBOX="auto", **provider.environment)
        with sdk(server) as client:
            answer = client.moderations.create(input=CAT, model="omni-moderates")
            assert [one.flagged for one in answer.results] == [True]
            assert provider.requested == [("openai", "omni-moderates")]
            with pytest.raises(openai.BadRequestError) as refused:
                client.moderations.create(input=CAT, model="omni-fails-400")
            assert SHOWN in refused.value.message
            with pytest.raises(openai.BadRequestError) as refused:
                client.moderations.create(input=CAT, model="http://127.0.0.1/")
            assert refused.value.param == "model"


def test_others_are_answered_while_much_is_embedded(server: Server) -> None:
    with sdk(server) as client, ThreadPoolExecutor(1) as pool:
        client.models.list()
        much = pool.submit(vectors_of, client, [f"{CAT} {number}" for number in range(300)])
        answered = 0
        with httpx.Client(base_url=server.url, timeout=patience(60)) as others:
            while not much.done():
                assert others.get("/healthz").status_code == 200
                answered += 1
                time.sleep(0)
        assert len(much.result()) == 300
        assert answered > 10
