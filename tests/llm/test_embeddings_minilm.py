"""The local model, for real: it finds paraphrases, repeats itself and keeps queries swift."""

import asyncio
import math
import threading
from collections.abc import Iterator

import pytest

from pegboard.llm.embeddings.embedder import EmbeddingName, TextKind
from pegboard.llm.embeddings.minilm import MiniLm
from tests.support.deadlines import patience

PARAPHRASES = [
    ("How do I get my money back?", "Refunds are paid within ten working days of a return."),
    ("I forgot my login", "To reset your password, follow the link that we mail to you."),
    ("Is the shop open on Sundays?", "We welcome customers every day but Monday, nine to five."),
    ("What makes bread rise?", "Yeast ferments sugar and fills the dough with gas bubbles."),
    ("Why is the sky blue?", "Short wavelengths of sunlight scatter most in the atmosphere."),
    ("capital city of France", "Paris has been the seat of the French government for centuries."),
    ("Which animals sleep all winter?", "Bears and hedgehogs hibernate in the cold months."),
    ("my laptop will not turn on", "If the computer shows no sign of power, check its charger."),
    ("How much holiday do employees get?", "Staff are entitled to 28 days of paid annual leave."),
    ("rules about working from home", "Remote work is allowed up to three days a week."),
    ("side effects of the medicine", "Patients have reported nausea, headaches and dizziness."),
    ("Who wrote Hamlet?", "Shakespeare's tragedy of the Danish prince dates from about 1600."),
    ("make the program run faster", "Caching cut the execution time of the query by half."),
    ("The server crashed at night", "An outage began at 2 am when a process ran out of memory."),
    ("How do plants eat?", "Leaves turn light, water and carbon dioxide into sugar."),
    ("cheap places to stay", "Hostels and campsites are the budget traveller's lodging."),
    ("when was the contract ended", "Either party terminated the agreement on 3 March."),
    ("How do vaccines work?", "An immunisation teaches the body's defences to know a germ."),
    ("The dog needs a doctor", "Bring your pet to the veterinary clinic on Elm Street."),
    ("train delayed again", "Rail passengers faced long waits because of a signal failure."),
    ("buy a house with a loan", "Mortgage rates for first-time property owners fell."),
    ("Will it rain tomorrow?", "The forecast promises showers and strong winds on Tuesday."),
    ("learn to play an instrument", "Piano lessons for beginners start in September."),
    ("stop smoking", "Giving up cigarettes is easier with nicotine patches."),
    ("my parcel never arrived", "Lost shipments can be claimed from the courier after a week."),
    ("How do I cook eggs?", "Beat them with salt and stir in a buttered pan until they set."),
    ("The team lost the match", "The home side was beaten three to one in the final."),
    ("protect files from being stolen", "Encrypt the disk, so that data stays secret to thieves."),
    ("Why do the seasons change?", "The tilt of the Earth's axis alters how sunlight falls."),
    ("The boss quit", "The chief executive resigned with immediate effect."),
]


@pytest.fixture(scope="module")
def minilm() -> Iterator[MiniLm]:
    embedder = MiniLm()
    yield embedder
    embedder.close()


def dot(a: list[float], b: list[float]) -> float:
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


def nearest(query: list[float], passages: list[list[float]]) -> int:
    return max(range(len(passages)), key=lambda index: dot(query, passages[index]))


async def test_a_question_finds_the_passage_that_says_it_in_other_words(minilm: MiniLm) -> None:
    queries = await minilm.embed([query for query, _ in PARAPHRASES], TextKind.QUERY)
    passages = await minilm.embed([passage for _, passage in PARAPHRASES], TextKind.PASSAGE)
    hits = sum(nearest(query, passages) == index for index, query in enumerate(queries))
    assert hits / len(PARAPHRASES) >= 0.7


@pytest.mark.parametrize("text", ["", " \n", "word", "天地玄黄 🙂", "\ud800", "long " * 100_000])
async def test_every_text_has_a_vector_of_length_one(minilm: MiniLm, text: str) -> None:
    [vector] = await minilm.embed([text], TextKind.PASSAGE)
    assert len(vector) == minilm.name.dims == 384
    assert math.hypot(*vector) == pytest.approx(1, abs=1e-5)


async def test_no_texts_have_no_vectors(minilm: MiniLm) -> None:
    assert await minilm.embed([], TextKind.PASSAGE) == []


async def test_a_vector_depends_on_its_text_alone(minilm: MiniLm) -> None:
    texts = ["short", "a passage of some more words than the others have " * 9, "", "short"]
    together = await minilm.embed(texts, TextKind.PASSAGE)
    alone = [(await minilm.embed([text], TextKind.QUERY))[0] for text in reversed(texts)]
    assert together == alone[::-1]


async def test_what_lies_beyond_256_word_pieces_is_not_read(minilm: MiniLm) -> None:
    read = "word " * 254
    vectors = await minilm.embed([read, read + "another matter", "word"], TextKind.PASSAGE)
    assert vectors[0] == vectors[1] != vectors[2]


async def test_order_holds_with_many_passages_at_once(minilm: MiniLm) -> None:
    texts = [f"passage {number} " * (1 + number % 7) for number in range(40)]
    wide = MiniLm(passage_threads=3)
    vectors = await wide.embed(texts, TextKind.PASSAGE)
    wide.close()
    assert vectors == await minilm.embed(texts, TextKind.PASSAGE)


def test_the_local_model_is_named_for_what_it_is(minilm: MiniLm) -> None:
    assert minilm.name == EmbeddingName("local", "all-MiniLM-L6-v2", 384)


class GatedNetwork:
    """Notes what it is given, and holds back every text that begins with "passage"."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.begun = threading.Event()
        self.gate = threading.Event()

    def embed(self, text: str) -> list[float]:
        if text.startswith("passage"):
            self.begun.set()
            assert self.gate.wait(timeout=patience(30))
        self.done.append(text)
        return [float(len(text))]


@pytest.fixture
def gated() -> Iterator[GatedNetwork]:
    network = GatedNetwork()
    yield network
    network.gate.set()


async def test_a_query_does_not_wait_for_the_passages_before_it(gated: GatedNetwork) -> None:
    embedder = MiniLm(load=lambda: gated)
    passages = [f"passage {number}" for number in range(1000)]
    job = asyncio.create_task(embedder.embed(passages, TextKind.PASSAGE))
    assert await asyncio.to_thread(gated.begun.wait, 30)
    await embedder.embed(["query"], TextKind.QUERY)
    gated.gate.set()
    await job
    embedder.close()
    assert gated.done == ["query", *passages]


async def test_two_uploads_take_turns(gated: GatedNetwork) -> None:
    embedder = MiniLm(load=lambda: gated)
    first = asyncio.create_task(embedder.embed(["passage 1"] * 50, TextKind.PASSAGE))
    assert await asyncio.to_thread(gated.begun.wait, 30)
    second = asyncio.create_task(embedder.embed(["passage 2"] * 2, TextKind.PASSAGE))
    await asyncio.sleep(0)  # lets the second hand over its first text
    await asyncio.sleep(0)
    gated.gate.set()
    await asyncio.gather(first, second)
    embedder.close()
    assert gated.done.index("passage 2") < gated.done.index("passage 1", 5)


async def test_as_many_passages_run_at_once_as_there_are_threads() -> None:
    meeting = threading.Barrier(3, timeout=patience(30))

    class Meeting:
        def embed(self, text: str) -> list[float]:
            meeting.wait()  # nobody leaves before three have come
            return [1.0]

    embedder = MiniLm(passage_threads=3, load=Meeting)
    assert await embedder.embed(["passage"] * 6, TextKind.PASSAGE) == [[1.0]] * 6
    embedder.close()


async def test_the_network_is_loaded_once_and_not_before_it_is_needed() -> None:
    loads: list[str] = []

    def load() -> GatedNetwork:
        loads.append(threading.current_thread().name)
        return GatedNetwork()

    embedder = MiniLm(load=load)
    assert loads == []
    await embedder.load()
    await asyncio.gather(*(embedder.embed([str(n)], TextKind.QUERY) for n in range(5)))
    embedder.close()
    assert loads == ["minilm-query_0"]


async def test_the_first_failure_ends_a_job_and_is_raised_as_it_is() -> None:
    done: list[str] = []

    class Failing:
        def embed(self, text: str) -> list[float]:
            done.append(text)
            raise OSError(text)

    embedder = MiniLm(load=Failing)
    with pytest.raises(OSError, match=r"^0$"):
        await embedder.embed([str(n) for n in range(100)], TextKind.PASSAGE)
    embedder.close()
    assert done == ["0"]


async def test_a_load_that_failed_is_tried_again() -> None:
    tries: list[int] = []

    def load() -> GatedNetwork:
        tries.append(len(tries))
        if len(tries) == 1:
            raise OSError("The disk is away")
        return GatedNetwork()

    embedder = MiniLm(load=load)
    with pytest.raises(OSError, match="The disk is away"):
        await embedder.load()
    assert await embedder.embed(["query"], TextKind.QUERY) == [[5.0]]
    embedder.close()


async def test_a_text_of_another_lane_waits_for_one_of_each_and_not_for_all(
    gated: GatedNetwork,
) -> None:
    embedder = MiniLm(load=lambda: gated)
    many = [
        asyncio.create_task(embedder.embed(["passage of many"] * 5, TextKind.PASSAGE, lane="many"))
        for _ in range(20)
    ]
    assert await asyncio.to_thread(gated.begun.wait, 30)
    one = asyncio.create_task(embedder.embed(["passage of one"], TextKind.PASSAGE, lane="one"))
    await asyncio.sleep(0)
    gated.gate.set()
    await asyncio.gather(*many, one)
    embedder.close()
    assert gated.done.index("passage of one") <= 3
