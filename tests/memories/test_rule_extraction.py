"""What the rules learn from a message, and what they leave alone."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pegboard.memories.facts import Exchange, Fact
from pegboard.memories.rules.model import RuleMemoryModel
from tests.support.deadlines import Effort

SATURDAY = datetime(2026, 1, 17, 12, tzinfo=UTC)

LEARNT = [
    (
        "My name is Sarah and I work as a software engineer at Google.",
        ["User's name is Sarah", "User works as a software engineer at Google"],
    ),
    ("I'm allergic to peanuts", ["User is allergic to peanuts"]),
    ("I prefer Python over JavaScript", ["User prefers Python over JavaScript"]),
    ("I switched to Django", ["User switched to Django"]),
    ("I've moved to Berlin", ["User has moved to Berlin"]),
    ("I live in Paris", ["User lives in Paris"]),
    ("my wife Ana is a doctor", ["User's wife Ana is a doctor"]),
    ("call me Bob", ["User prefers to be called Bob"]),
    ("we have two cats", ["User has two cats"]),
    ("I don't eat meat", ["User doesn't eat meat"]),
    ("Remember that the API code is 4711", ["The API code is 4711"]),
    ("Hi, I'm Sarah", ["User's name is Sarah"]),
    (
        "Hello! I'm Sarah, a software engineer from Berlin.",
        ["User's name is Sarah", "User is a software engineer from Berlin"],
    ),
    ("I'm German and I love hiking", ["User is German", "User loves hiking"]),
    ("I moved to Berlin yesterday", ["User moved to Berlin on 2026-01-16"]),
    ("Yesterday, I moved to Berlin", ["User moved to Berlin on 2026-01-16"]),
    ("I live in Paris, can you recommend a restaurant?", ["User lives in Paris"]),
    ("Blue is my favorite color", ["User's favorite color is Blue"]),
    ("My favourite colour is green.", ["User's favourite colour is green"]),
    ("please remember my birthday is May 5", ["User's birthday is May 5"]),
    ("I was born in 1990 in Rome", ["User was born in 1990 in Rome"]),
    ("I study physics at MIT", ["User studies physics at MIT"]),
    (
        "I have a dog named Rex and a cat named Tom",
        ["User has a dog named Rex and a cat named Tom"],
    ),
    ("I live in Paris and work at Google", ["User lives in Paris", "User works at Google"]),
    ("I no longer live in Paris", ["User no longer lives in Paris"]),
    ("I don't eat meat any more", ["User doesn't eat meat any more"]),
    ("please forget that I live in Paris", ["User asked to forget that User lives in Paris"]),
    ("forget my phone number", ["User asked to forget user's phone number"]),
    ("I love my wife and my kids", ["User loves user's wife and user's kids"]),
    ("i live in lyon and i work at sap", ["User lives in lyon", "User works at sap"]),
    ("im 30 years old", ["User is 30 years old"]),
    ("I build the API with FastAPI", ["User builds the API with FastAPI"]),
    ("I'm building a todo app with React", ["User is building a todo app with React"]),
    ("I will travel to Japan next month", ["User will travel to Japan in 2026-02"]),
    ("My email is sarah@example.com.", ["User's email is sarah@example.com"]),
    ("My phone number is +49 170 1234567", ["User's phone number is +49 170 1234567"]),
    ("I told you my name is Bob", ["User's name is Bob"]),
    ("My name's Sarah", ["User's name is Sarah"]),
    ("Today is my birthday", ["2026-01-17 is user's birthday"]),
    ("I can't eat gluten", ["User can't eat gluten"]),
    ("I stopped smoking", ["User stopped smoking"]),
    ("I am 34", ["User is 34"]),
    ("I'm Bob", ["User's name is Bob"]),
    ("I have been working at Meta since 2020", ["User has been working at Meta since 2020"]),
    (
        "My daughter Emma started school last week",
        ["User's daughter Emma started school in the week of 2026-01-05"],
    ),
    ("I go to the gym every Monday", ["User goes to the gym every Monday"]),
    (
        "I hate waking up early but I love coffee",
        ["User hates waking up early", "User loves coffee"],
    ),
    ("Everyone calls me Max", ["User prefers to be called Max"]),
    ("I love it when it rains", ["User loves it when it rains"]),
    ("I run.", ["User runs"]),
    ("Our office is in Munich", ["User's office is in Munich"]),
    ("Remember: the meeting is on Friday", ["The meeting is on Friday"]),
    (
        "I am a vegetarian, I live in Oslo and my favorite food is pizza",
        ["User is a vegetarian", "User lives in Oslo", "User's favorite food is pizza"],
    ),
    ("My name is Sarah, what's yours?", ["User's name is Sarah"]),
    (
        "I work as a nurse because I like helping people",
        ["User works as a nurse", "User likes helping people"],
    ),
    ("My wife and I have two kids", ["User has two kids"]),
    ("Dr. Smith is my dentist", ["Dr. Smith is user's dentist"]),
    ("I want to learn Spanish", ["User wants to learn Spanish"]),
    ("I switched from FastAPI to Django", ["User switched from FastAPI to Django"]),
    ("I use Vim", ["User uses Vim"]),
    ("I've been married for 5 years", ["User has been married for 5 years"]),
    ("I'm Sarah and I'm vegetarian", ["User's name is Sarah", "User is vegetarian"]),
    ("I now work at Meta", ["User now works at Meta"]),
    (
        "My favorite programming language is Rust, and my favorite editor is Vim",
        ["User's favorite programming language is Rust", "User's favorite editor is Vim"],
    ),
    ("I prefer short answers", ["User prefers short answers"]),
    ("I'm planning a trip to Japan in March", ["User is planning a trip to Japan in March"]),
    (
        "Hey, my name is Alex. I'm a teacher from Boston. I love jazz!",
        ["User's name is Alex", "User is a teacher from Boston", "User loves jazz"],
    ),
    ("Mr. Smith is my boss", ["Mr. Smith is user's boss"]),
    ("I\u2019m allergic to nuts", ["User is allergic to nuts"]),
    ("I worked at IBM until 2 years ago", ["User worked at IBM until 2024"]),
    ("I have an exam next Friday.", ["User has an exam on 2026-01-23"]),
    ("I ran a marathon last Sunday", ["User ran a marathon on 2026-01-11"]),
    ("I fly to Rome in 3 days", ["User flies to Rome on 2026-01-20"]),
    ("My birthday is tomorrow", ["User's birthday is 2026-01-18"]),
    ("I'm from Canada but live in Spain", ["User is from Canada", "User lives in Spain"]),
    ("Save this: my locker code is 9921", ["User's locker code is 9921"]),
    ("I've two kids: Emma and Liam", ["User has two kids: Emma and Liam"]),
    ("I always drink tea at night", ["User always drinks tea at night"]),
    ("We're planning our wedding", ["User is planning user's wedding"]),
    ("I used to smoke", ["User used to smoke"]),
    ("It is Bob's. I said no. I live in Rome", ["User lives in Rome"]),
    ("I taught myself to cook", ["User taught themself to cook"]),
]

NOT_LEARNT = [
    "What is the capital of France?",
    "Can you help me write an email?",
    "Do I like tea?",
    "If I were a bird, I would fly",
    "I want to know the weather",
    "I need help with Python",
    "I think it is nice",
    "Thanks, I appreciate it",
    "Paris is the capital of France.",
    "Translate this: I live in Rome. My name is Bob.",
    'He said "I live in Paris and I like it"',
    "What do you remember about me?",
    "I'd like to order a pizza",
    "I have a question about Python",
    "I like it",
    "My code doesn't work",
    "I get an error when I run it",
    "Write a story about a man who says I am lost",
    "I'm trying to fix a bug",
    "The meeting is at 5",
    "It's raining",
    "Tell me about my name",
    "Please always answer in German",
    "",
    "?!",
    "```\nI live in Rome.\n```",
    "> I live in Rome",
    "I wish I had a dog",
    "I am so happy today!",
    "I changed my mind",
    "I was wondering if you could help me",
    "You are helpful. I love you",
    "Good morning!",
]


async def learnt(
    text: str,
    *,
    assistant_text: str | None = None,
    moment: datetime = SATURDAY,
    recalled: tuple[str, ...] = (),
) -> tuple[Fact, ...]:
    exchange = Exchange(text, assistant_text, moment, recalled)
    return await RuleMemoryModel().extract(exchange, instruction=None)


@pytest.mark.parametrize(("text", "facts"), LEARNT)
async def test_a_statement_about_oneself_becomes_facts(text: str, facts: list[str]) -> None:
    assert [fact.text for fact in await learnt(text)] == facts


@pytest.mark.parametrize("text", NOT_LEARNT)
async def test_what_states_nothing_about_the_user_is_not_learnt(text: str) -> None:
    assert await learnt(text) == ()


async def test_a_fact_quotes_the_words_it_rests_on() -> None:
    assert await learnt("Hi! I\u2019m  Sarah, and I moved to Berlin yesterday \u2013 why not?") == (
        Fact("User's name is Sarah", "I\u2019m  Sarah"),
        Fact("User moved to Berlin on 2026-01-16", "I moved to Berlin yesterday"),
    )


async def test_the_assistants_words_are_not_learnt() -> None:
    assert await learnt("Thanks!", assistant_text="I live in Paris. My name is Bot.") == ()


async def test_a_recalled_memory_is_not_learnt_again() -> None:
    recalled = ("User lives in Paris.", "The user's name is Sarah")
    facts = await learnt("My name is Sarah and I live in Berlin", recalled=recalled)
    assert [fact.text for fact in facts] == ["User lives in Berlin"]


async def test_a_repetition_within_a_message_counts_once() -> None:
    facts = await learnt("I love tea. I really love tea! I love coffee.")
    assert [fact.text for fact in facts] == ["User loves tea", "User loves coffee"]


async def test_a_message_gives_twenty_facts_at_most() -> None:
    facts = await learnt(" ".join(f"I own {count} boats." for count in range(50)))
    assert len(facts) == 20


async def test_only_the_first_four_thousand_characters_are_read() -> None:
    assert await learnt("x " * 2_000 + ". I live in Paris.") == ()


@pytest.mark.parametrize("moment", [datetime.min, datetime.max])
async def test_a_date_no_calendar_knows_stays_in_words(moment: datetime) -> None:
    [fact] = await learnt("I was born 9999 years ago", moment=moment)
    assert fact.text == "User was born 9999 years ago"


@given(st.text(), st.datetimes())
@settings(max_examples=100, deadline=None)
async def test_no_text_is_too_strange(text: str, moment: datetime) -> None:
    for start in ("", "I am ", "my ", "remember that "):
        assert all(fact.text and fact.quote for fact in await learnt(start + text, moment=moment))


@pytest.mark.parametrize("piece", ["I am ", "my a ", " and I ", "!)", '"', "```", "is my ", "a's "])
async def test_long_and_dull_texts_are_read_swiftly(piece: str) -> None:
    effort = Effort()
    await learnt(piece * 100_000)
    assert effort.units() < 50
