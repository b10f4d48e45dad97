"""Text of any length in the words of Python's docstrings, each as often as it stands there.

So the commonest words are as common as in real text, which is what full text search suffers from.
It is English to a tokenizer; to a reader it is nonsense.
"""

import random
import re
from collections import Counter
from functools import cache
from itertools import accumulate
from typing import Final

from bench.docstrings import docstrings

_WORD: Final = re.compile(r"[A-Za-z]{1,14}")
_SENTENCE: Final = 14
_PARAGRAPH: Final = 6


def words(chance: random.Random, count: int) -> list[str]:
    known, cumulated = _vocabulary()
    return chance.choices(known, cum_weights=cumulated, k=count)


def passage(chance: random.Random, count: int) -> str:
    """Sentences of so many words in all."""
    drawn = words(chance, count)
    sentences = [drawn[at : at + _SENTENCE] for at in range(0, count, _SENTENCE)]
    return " ".join(" ".join(sentence).capitalize() + "." for sentence in sentences)


def document(chance: random.Random, size: int) -> str:
    """Paragraphs of `size` characters in all."""
    paragraphs: list[str] = []
    left = size
    while left > 0:
        paragraphs.append(passage(chance, _SENTENCE * _PARAGRAPH))
        left -= len(paragraphs[-1]) + 2
    return "\n\n".join(paragraphs)[:size]


@cache
def _vocabulary() -> tuple[list[str], list[int]]:
    counted = Counter(
        word.lower() for text in docstrings().values() for word in _WORD.findall(text)
    )
    return list(counted), list(accumulate(counted.values()))
