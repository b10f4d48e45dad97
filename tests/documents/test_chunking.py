"""Cutting a document into passages: of a size, at good places, and nothing lost."""

import sys
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard.documents.chunking import TARGET_TOKENS, Chunk, Size, split
from pegboard.llm.tokens import count_tokens


@dataclass(frozen=True)
class Section:
    text: str
    heading: str | None = None
    place: str | None = None


SENTENCE = "The quick brown fox jumps over the lazy dog near the old mill. "
PAGE = (SENTENCE * 8 + "\n\n") * 12


def unspaced(text: str) -> str:
    return "".join(text.split())


def test_a_short_section_is_one_chunk_with_its_heading_and_place() -> None:
    chunks = list(split([Section("  Keep it dry.\n", "Care", "page 3")]))
    assert chunks == [
        Chunk(
            position=0,
            text="Keep it dry.",
            heading="Care",
            place="page 3",
            start=2,
            end=14,
            tokens=4,
        )
    ]
    assert chunks[0].searched_text == "Care\npage 3\nKeep it dry."


@pytest.mark.parametrize(
    "sections",
    [[], [Section("")], [Section(" \n\t\u00a0")], [Section("", " ", "page 1"), Section("\n")]],
)
def test_blank_sections_give_no_chunks(sections: list[Section]) -> None:
    assert list(split(sections)) == []


@pytest.mark.parametrize(
    "text",
    [
        PAGE,
        "word " * 60_000,
        "x" * 100_000,
        "天地玄黄宇宙洪荒。" * 8_000,
        "👨\u200d👩\u200d👧\u200d👦 é ü\r\n" * 5_000,
        "a\n" * 40_000,
        "\n" * 70_000 + "end" + " " * 70_000 + "after",
        "Зима была долгой. " * 3_000,
    ],
    ids=["prose", "one line", "one word", "Chinese", "emoji", "lines", "blanks", "Cyrillic"],
)
def test_a_long_section_is_cut_to_size_and_every_offset_is_true(text: str) -> None:
    section = Section(text, "Heading", "page 1")
    chunks = list(split([section]))
    assert unspaced("".join(chunk.text for chunk in chunks)) == unspaced(text)
    assert chunks == [
        Chunk(
            position=position,
            text=text[chunk.start : chunk.end],
            heading="Heading",
            place="page 1",
            start=chunk.start,
            end=chunk.end,
            tokens=count_tokens(chunk.text),
        )
        for position, chunk in enumerate(chunks)
    ]
    assert max(chunk.tokens for chunk in chunks) <= TARGET_TOKENS


def test_prose_is_cut_between_sentences_into_pieces_near_the_target() -> None:
    chunks = list(split([Section(PAGE)]))
    assert {chunk.text[-1] for chunk in chunks} == {"."}
    assert sum(chunk.tokens for chunk in chunks) / len(chunks) > TARGET_TOKENS / 2


def test_no_cut_falls_within_a_family_of_emoji_or_an_accented_letter() -> None:
    family, letter = "👨\u200d👩\u200d👧\u200d👦", "e\u0301"
    chunks = list(split([Section((family + letter) * 20_000)]))
    assert {chunk.text[0] for chunk in chunks} <= {"👨", "e"}
    assert {chunk.text[-1] for chunk in chunks} <= {"👦", "\u0301"}


def test_a_thousand_one_line_sections_become_few_chunks() -> None:
    rows = [
        Section(f"Row {number} holds {number * 7} apples.", None, "Sheet1")
        for number in range(1000)
    ]
    chunks = list(split(rows))
    assert "\n".join(chunk.text for chunk in chunks) == "\n".join(row.text for row in rows)
    assert len(chunks) < 60
    assert max(chunk.tokens for chunk in chunks) <= TARGET_TOKENS
    assert chunks[0].start == 0
    assert chunks[-1].end == len(rows[-1].text)


def test_the_ends_of_a_long_section_are_not_joined_with_its_neighbours() -> None:
    chunks = list(split([Section("Before."), Section(PAGE + "The end."), Section("After.")]))
    assert chunks[0].text == "Before."
    assert chunks[-2].text.endswith("The end.")
    assert chunks[-1].text == "After."


def test_sections_of_different_places_are_not_joined() -> None:
    chunks = list(split([Section("One.", None, "page 1"), Section("Two.", None, "page 2")]))
    assert [(chunk.position, chunk.text, chunk.place) for chunk in chunks] == [
        (0, "One.", "page 1"),
        (1, "Two.", "page 2"),
    ]


def test_a_joined_section_keeps_its_heading_in_the_text() -> None:
    sections = [
        Section("Red.", "Apples"),
        Section("Green.", "Apples"),
        Section("Yellow.", "Pears"),
        Section("Blue.", "Plums"),
        Section("Soft.", "Plums"),
        Section("Eat them."),
    ]
    [chunk] = split(sections)
    assert chunk.heading == "Apples"
    assert chunk.text == "Red.\nGreen.\nPears\nYellow.\nPlums\nBlue.\nSoft.\nEat them."


def test_a_new_heading_starts_a_new_chunk_when_the_one_before_is_half_full() -> None:
    half = SENTENCE * 8
    assert TARGET_TOKENS / 2 <= count_tokens(half) <= TARGET_TOKENS
    chunks = list(split([Section(half, "One"), Section("Short.", "Two")]))
    assert [chunk.heading for chunk in chunks] == ["One", "Two"]
    assert len(list(split([Section(half, "One"), Section("Short.", "One")]))) == 1


def test_a_section_that_is_only_a_heading_is_found_by_it() -> None:
    sections = [Section("", "Plan for the year", "slide 1"), Section("Grow.", "Aims", "slide 2")]
    assert [chunk.searched_text for chunk in split(sections)] == [
        "slide 1\nPlan for the year",
        "Aims\nslide 2\nGrow.",
    ]


def test_a_very_long_heading_does_not_crowd_out_the_text() -> None:
    [chunk] = split([Section("The text.", "h" * 5000)])
    assert chunk.searched_text == "h" * 300 + "\nThe text."


def test_lone_surrogates_are_replaced_and_move_nothing() -> None:
    [chunk] = split([Section(" a\ud800b", "\udfff")])
    assert (chunk.text, chunk.heading, chunk.start, chunk.end) == ("a\ufffdb", "\ufffd", 1, 4)


def test_chunks_come_one_at_a_time() -> None:
    read: list[int] = []

    def sections() -> Iterator[Section]:
        for number in range(100):
            read.append(number)
            yield Section(SENTENCE * 12, None, f"page {number}")

    assert next(split(sections())).position == 0
    assert read == [0, 1]


def test_a_long_text_needs_no_second_copy_of_itself() -> None:
    text = PAGE * 150
    tracemalloc.start()
    for _ in split([Section(text)]):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < sys.getsizeof(text)


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
texts = st.one_of(words, st.lists(words, max_size=4).map(lambda some: " ".join(some) * 40))
places = st.sampled_from([None, "page 1", "page 2"])


@given(st.lists(st.builds(Section, texts, st.none(), places), max_size=12))
def test_no_letter_is_lost_or_repeated(sections: list[Section]) -> None:
    chunks = list(split(sections))
    assert unspaced("".join(chunk.text for chunk in chunks)) == unspaced(
        "".join(section.text for section in sections)
    )
    assert [chunk.position for chunk in chunks] == list(range(len(chunks)))
    assert all(chunk.text and chunk.tokens <= TARGET_TOKENS for chunk in chunks)


@pytest.mark.parametrize("size", [Size(100, 0), Size(100, 50), Size(800, 400), Size(4096, 0)])
def test_chunks_have_the_size_and_the_overlap_that_is_asked_for(size: Size) -> None:
    text = PAGE * 12
    chunks = list(split([Section(text)], size))
    assert [text[chunk.start : chunk.end] for chunk in chunks] == [chunk.text for chunk in chunks]
    assert all(chunk.tokens <= size.tokens for chunk in chunks)
    assert max(chunk.tokens for chunk in chunks) > size.tokens * 0.8
    for one, following in pairwise(chunks):
        shared = text[following.start : one.end]
        assert text[one.end : following.start].strip() == ""
        assert count_tokens(shared) <= size.overlap
    repeated = sum(one.end > following.start for one, following in pairwise(chunks))
    assert (repeated > 0) is (size.overlap > 0)
