"""Counting tokens: near the truth for prose, linear for everything."""

import pytest

from pegboard.llm.gateway import (
    AssistantTurn,
    Passage,
    Prompt,
    Tool,
    ToolCall,
    ToolTurn,
    UserTurn,
)
from pegboard.llm.tokens import count_prompt_tokens, count_tokens
from tests.support.deadlines import Effort


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        (" ", 1),
        ("Hello, world!", 4),
        ("The quick brown fox jumps over the lazy dog.", 10),
        ("internationalization", 3),
        ("1234567", 3),
        ("你好世界", 4),
        ("Привет", 3),
    ],
)
def test_tokens_are_counted_about_as_tokenizers_do(text: str, tokens: int) -> None:
    assert count_tokens(text) == tokens


@pytest.mark.parametrize("unit", ["word ", "天", "a.", " ", "é"])
def test_a_megabyte_is_counted_quickly(unit: str) -> None:
    text = unit * (1_000_000 // len(unit.encode()))
    effort = Effort()
    count_tokens(text)
    assert effort.units() < 50


def test_every_part_of_a_prompt_counts() -> None:
    call = ToolCall("call_1", "look", '{"a": 1}')
    turns = (UserTurn("Hi"), AssistantTurn(None, (call,)), ToolTurn("call_1", "look", "seen"))
    sizes = [
        count_prompt_tokens(prompt)
        for prompt in (
            Prompt("", ()),
            Prompt("Be kind.", ()),
            Prompt("Be kind.", turns[:1]),
            Prompt("Be kind.", turns[:2]),
            Prompt("Be kind.", turns),
            Prompt("Be kind.", turns, (Tool("look", "Look.", {"type": "object"}),)),
            Prompt("Be kind.", turns, (Tool("look", "Look.", {"type": "object"}),), ("a",)),
            Prompt(
                "Be kind.",
                turns,
                (Tool("look", "Look.", {"type": "object"}),),
                ("a",),
                (Passage("text", "a.txt"),),
            ),
        )
    ]
    assert sizes == sorted(set(sizes))
