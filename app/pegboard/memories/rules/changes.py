"""Facts and the known ones nearest to each in, what changes out.

Says "instead of" only where two facts cannot both be true; in doubt both are kept.
"""

import re
from collections.abc import Sequence
from typing import Final

from pegboard.memories.facts import Add, Change, Delete, Fact, KnownFact, Unchanged, Update
from pegboard.memories.rules.attributes import attribute
from pegboard.memories.rules.endings import ended, read_ending
from pegboard.memories.rules.tools import replaced_tool
from pegboard.memories.rules.wording import dates_in, says_nothing_new, wording

_SENTENCE_LIMIT: Final = 300
_FURTHER_SENTENCE: Final = re.compile(r"[^\W\d_]{4,}[.!?]\s+[^\W_]|\n\s*\S")


def decide(facts: Sequence[Fact], *, known: Sequence[Sequence[KnownFact]]) -> tuple[Change, ...]:
    """One change for each fact; later facts see what the earlier ones have changed."""
    changes: list[Change] = []
    changed: dict[str, str | None] = {}  # the new text by id, None where deleted
    for fact, nearest in zip(facts, known, strict=True):
        now = [KnownFact(one.id, changed.get(one.id, one.text) or "") for one in nearest]
        change = _weigh(fact, [one for one in now if one.text])
        match change:
            case Update(known=old):
                changed[old.id] = fact.text
            case Delete(known=old):
                changed[old.id] = None
            case Add() | Unchanged():
                pass
        changes.append(change)
    return tuple(changes)


def _weigh(fact: Fact, nearest: Sequence[KnownFact]) -> Change:
    if any(says_nothing_new(fact.text, beside=one.text) for one in nearest):
        return Unchanged(fact)
    nearest = [one for one in nearest if _is_replaceable(one.text)]
    if ending := read_ending(fact.text):
        if old := ended(ending, nearest):
            return Delete(old, fact)
        return Unchanged(fact) if ending.on_request else Add(fact)
    if old := _undated(fact, nearest) or _contradicted(fact, nearest):
        return Update(old, fact)
    return _same_attribute(fact, nearest) or _switch(fact, nearest)


def _is_replaceable(text: str) -> bool:
    """Whether one sentence can take its place: a document kept by hand says more than that."""
    return len(text) <= _SENTENCE_LIMIT and _FURTHER_SENTENCE.search(text) is None


def _same_attribute(fact: Fact, nearest: Sequence[KnownFact]) -> Change | None:
    new = attribute(fact.text)
    if new is None:
        return None
    rivals = [(one, old) for one in nearest if (old := attribute(one.text)) and old.key == new.key]
    if any(old.covers(new) for _, old in rivals):
        return Unchanged(fact)
    return Update(rivals[0][0], fact) if rivals else None


def _switch(fact: Fact, nearest: Sequence[KnownFact]) -> Change:
    old = replaced_tool(fact.text, nearest)
    return Update(old, fact) if old else Add(fact)


def _undated(fact: Fact, nearest: Sequence[KnownFact]) -> KnownFact | None:
    """The same thing, known without its date."""
    new = wording(fact.text)
    undated = (one for one in nearest if not dates_in(one.text))
    return next((one for one in undated if wording(one.text) == new), None)


def _contradicted(fact: Fact, nearest: Sequence[KnownFact]) -> KnownFact | None:
    """The same thing denied, or the opposite feeling about it."""
    new = _feeling(fact.text)
    for one in nearest:
        old = _feeling(one.text)
        if new[0] and old[0] == new[0] and old[1] != new[1]:
            return one
    return None


def _feeling(text: str) -> tuple[tuple[str, ...], bool]:
    """The words with every liking called "like", and whether it is a disliking."""
    worded = wording(text)
    if not worded.words:
        return (), worded.denied
    first, *rest = worded.words
    if first in ("like", "lik", "love", "lov", "enjoy"):
        return ("like", *rest), worded.denied
    if first in ("hat", "hate", "dislik", "dislike"):
        return ("like", *rest), not worded.denied
    return worded.words, worded.denied
