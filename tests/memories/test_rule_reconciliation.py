"""What the rules make of a fact beside the known ones nearest to it."""

import pytest

from pegboard.memories.facts import Add, Change, Delete, Fact, KnownFact, Unchanged, Update
from pegboard.memories.rules.model import RuleMemoryModel

CHANGES: list[tuple[str, list[str], type[Change], str | None]] = [
    (
        "User switched to Django",
        ["User builds the API with FastAPI"],
        Update,
        "User builds the API with FastAPI",
    ),
    ("User switched to Django", ["User uses FastAPI"], Update, "User uses FastAPI"),
    (
        "User switched to Django",
        ["User uses Postgres", "User builds the API with FastAPI"],
        Update,
        "User builds the API with FastAPI",
    ),
    ("User switched to Django", ["User's name is Sarah"], Add, None),
    (
        "User switched to Bolt",
        ["User's name is Sarah", "User uses Lyft for rides"],
        Update,
        "User uses Lyft for rides",
    ),
    (
        "User moved to Berlin",
        ["User uses FastAPI", "User lives in Paris"],
        Update,
        "User lives in Paris",
    ),
    ("User moved to Berlin", ["User uses FastAPI"], Add, None),
    (
        "User moved to Berlin on 2026-01-16",
        ["User lives in Paris, France"],
        Update,
        "User lives in Paris, France",
    ),
    ("User lives in Berlin", ["User moved to Berlin on 2026-01-16"], Unchanged, None),
    ("User lives in Paris", ["User lives in Paris, France"], Unchanged, None),
    ("User lives in York", ["User lives in New York"], Update, "User lives in New York"),
    ("User's name is Sarah", ["The user's name is Sarah."], Unchanged, None),
    ("User's name is Sara", ["User's name is Sarah"], Update, "User's name is Sarah"),
    (
        "User works at Meta",
        ["User works as a software engineer at Google"],
        Update,
        "User works as a software engineer at Google",
    ),
    ("User works at Google", ["User works as a software engineer at Google"], Unchanged, None),
    ("User is 31 years old", ["User is 30"], Update, "User is 30"),
    ("User is 30", ["User is 30 years old"], Unchanged, None),
    (
        "User's favorite color is blue",
        ["User's favourite colour is green"],
        Update,
        "User's favourite colour is green",
    ),
    ("User's favorite food is pizza", ["User's favourite colour is green"], Add, None),
    (
        "User's email is a@b.c",
        ["User's email address is x@y.z"],
        Update,
        "User's email address is x@y.z",
    ),
    (
        "User prefers JavaScript over Python",
        ["User prefers Python over JavaScript"],
        Update,
        "User prefers Python over JavaScript",
    ),
    (
        "User prefers Python over JavaScript",
        ["User prefers Python over JavaScript"],
        Unchanged,
        None,
    ),
    ("User prefers light mode", ["User prefers dark mode"], Update, "User prefers dark mode"),
    ("User has a dog named Rex", ["User has a cat named Tom"], Add, None),
    ("User likes coffee", ["User likes tea"], Add, None),
    ("User doesn't like coffee", ["User likes coffee"], Update, "User likes coffee"),
    ("User hates coffee", ["User loves coffee"], Update, "User loves coffee"),
    (
        "User no longer lives in Paris",
        ["User's name is Sarah", "User lives in Paris"],
        Delete,
        "User lives in Paris",
    ),
    ("User stopped smoking", ["User smokes"], Delete, "User smokes"),
    ("User stopped smoking", ["User likes tea"], Add, None),
    ("User doesn't eat meat any more", ["User eats meat"], Delete, "User eats meat"),
    ("User doesn't eat meat", ["User eats meat"], Update, "User eats meat"),
    ("User no longer likes tea", ["User likes tea and coffee"], Add, None),
    (
        "User no longer works at Google",
        ["User works as a software engineer at Google"],
        Delete,
        "User works as a software engineer at Google",
    ),
    (
        "User no longer uses FastAPI",
        ["User builds the API with FastAPI"],
        Delete,
        "User builds the API with FastAPI",
    ),
    (
        "User asked to forget user's phone number",
        ["User's phone number is 123"],
        Delete,
        "User's phone number is 123",
    ),
    (
        "User asked to forget that User lives in Paris",
        ["User lives in Paris"],
        Delete,
        "User lives in Paris",
    ),
    ("User asked to forget user's phone number", ["User likes tea"], Unchanged, None),
    ("The API code is 9999", ["The API code is 4711"], Update, "The API code is 4711"),
    ("The office wifi password is abc", ["The API code is 4711"], Add, None),
    ("User's dog's name is Max", ["User's dog's name is Rex"], Add, None),
    ("User is vegan", ["User is a vegetarian"], Update, "User is a vegetarian"),
    ("User is married", ["User is vegan"], Add, None),
    ("User's wife Ana is a doctor", ["User's wife Ana is a swimmer"], Add, None),
    (
        "User switched from Vim to Emacs",
        ["User uses Linux", "User codes in Vim"],
        Update,
        "User codes in Vim",
    ),
    ("User now uses Postgres", ["User uses MySQL"], Update, "User uses MySQL"),
    ("User uses Flask", ["User uses FastAPI"], Add, None),
    ("User uses Flask now", ["User uses FastAPI"], Update, "User uses FastAPI"),
    ("User moved from FastAPI to Django", ["User uses FastAPI"], Update, "User uses FastAPI"),
    ("User got a new job at Meta", ["User works at Google"], Update, "User works at Google"),
    (
        "User prefers to be called Bobby",
        ["User prefers to be called Bob"],
        Update,
        "User prefers to be called Bob",
    ),
    ("User visited Rome on 2026-01-16", ["User visited Rome on 2025-03-01"], Add, None),
    ("User worked at IBM", ["User works at Google"], Add, None),
    ("User lives in a small house", ["User lives in Paris"], Add, None),
    ("User moved to Django", ["User lives in Paris", "User uses Flask"], Update, "User uses Flask"),
    ("User prefers green tea", ["User prefers herbal tea"], Add, None),
    (
        "User prefers short answers",
        ["User prefers long answers"],
        Update,
        "User prefers long answers",
    ),
    ("User is vegan", ["User is vegetarian and allergic to nuts"], Add, None),
    ("User works remotely for Acme", ["User works at Google"], Update, "User works at Google"),
    ("User's name is Sara", ["User's name is Sarah. She has a long story."], Add, None),
    ("User no longer lives in Rome", ["Notes\nUser lives in Rome"], Add, None),
    ("User likes tea", [], Add, None),
]


def fact(text: str) -> Fact:
    return Fact(text, "as said")


async def changes(facts: list[str], known: list[list[KnownFact]]) -> tuple[Change, ...]:
    new_facts = [fact(text) for text in facts]
    return await RuleMemoryModel().reconcile(new_facts, known=known, instruction=None)


@pytest.mark.parametrize(("text", "nearest", "expected", "old"), CHANGES)
async def test_a_fact_is_weighed_against_its_nearest(
    text: str, nearest: list[str], expected: type[Change], old: str | None
) -> None:
    known = [KnownFact(f"id of {one}", one) for one in nearest]
    change: Change
    if expected is Update or expected is Delete:
        change = expected(KnownFact(f"id of {old}", str(old)), fact(text))
    else:
        assert expected is Add or expected is Unchanged
        change = expected(fact(text))
    assert await changes([text], [known]) == (change,)


async def test_later_facts_see_what_the_earlier_ones_have_changed() -> None:
    paris = KnownFact("1", "User lives in Paris")
    texts = ["User no longer lives in Paris", "User lives in Berlin", "User lives in Berlin"]
    assert await changes(texts[:2], [[paris], [paris]]) == (
        Delete(paris, fact(texts[0])),
        Add(fact(texts[1])),
    )
    assert await changes(texts[1:], [[paris], [paris]]) == (
        Update(paris, fact(texts[1])),
        Unchanged(fact(texts[2])),
    )


async def test_a_long_document_among_the_known_is_harmless() -> None:
    document = KnownFact("1", "User moved from " * 10_000)
    assert await changes(["User moved to Rome"], [[document]]) == (Add(fact("User moved to Rome")),)
