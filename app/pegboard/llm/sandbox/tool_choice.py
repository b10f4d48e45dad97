"""A text and the offered tools in, the tools that the text asks for out.

Compares the words of the text with those of each tool. Knows nothing of arguments.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pegboard.english.words import content_stems, name_stems, sentences, stem, word_set
from pegboard.llm.gateway import Tool
from pegboard.llm.sandbox.choices import mentioned
from pegboard.llm.sandbox.mentions import read_mentions
from pegboard.llm.sandbox.schemas import properties_of, settle

# Words that stand in many descriptions and tell no tool from another.
_COMMON = frozenset(
    stem(word)
    for word in word_set(
        """get fetch retrieve give show tell make do run create set list find check update look use
        using used return returns current currently new name user users data information info value
        values number text string given specific specified provide provides details detail tool
        function call api available today now time-based when ask asks asked allow allows based
        location city id type result results item items object one two multiple help answer
        question questions please thing things way work works day people person input output
        request requests let lets get support first last good
        search web internet online google like love long short small"""
    )
)
_KINDRED = {
    stem(word): stem(meaning)
    for meaning, listed in {
        "weather": "forecast temperature rain raining snow snowing sunny cloudy umbrella degrees",
        "email": "mail",
        "add": "sum plus",
        "multiply": "times product",
        "subtract": "minus difference",
        "buy": "purchase order",
        "search": "google lookup find",
        "calculate": "evaluate calculator",
        "convert": "conversion",
        "translate": "translation",
        "remind": "reminder",
        "appointment": "meeting",
        "delete": "remove",
    }.items()
    for word in word_set(listed)
}
_OPERATIONS = {"+": "add", "-": "subtract", "*": "multiply", "/": "divid"}
_STATEMENT = re.compile(
    r"^\W*(?:thanks|thank you"
    r"|(?:i|my|we|our)\b(?! (?:want|need|would|'d|\u2019d|wish|have to|must)))",
    re.IGNORECASE,
)
_ASKS = re.compile(r"\?|\b(?:please|can you|could you|tell me|show me|give me)\b", re.IGNORECASE)
_REFUSES = re.compile(r"\b(?:don'?t|don\u2019t|do not|never|no need to)\s+\w+", re.IGNORECASE)
_JOINT = re.compile(
    r"(?:,?\s+(?:and also|and then|and|also|plus|then|as well as|&)\s+)|[;,]\s+|(?<=[.?!])\s+|\n+"
)
_MAX_CLAUSES = 50
_NAME_HIT, _NAME_KIN, _DESCRIPTION_HIT, _PARAMETER_HIT, _ENOUGH = 6, 4, 4, 2, 4


@dataclass(frozen=True, slots=True)
class Match:
    """A tool and the part of the text that asks for it."""

    tool: Tool
    text: str


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    name: frozenset[str]
    description: frozenset[str]
    parameters: frozenset[str]
    options: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Fit:
    tool: Tool
    score: int
    evidence: frozenset[str]
    by_name: frozenset[str]


def matches(text: str, tools: Sequence[Tool]) -> list[Match]:
    """Which tools the text asks for, clause by clause; empty where none fits."""
    known = [(tool, _vocabulary(tool)) for tool in tools]
    requests: list[tuple[list[Tool], int, int]] = []
    for start, end in _clauses(text):
        clause = text[start:end]
        fitting = _fitting(clause, known) if _is_request(clause) else []
        if fitting:
            requests.append((fitting, start, end))
        elif requests:
            requests[-1] = (requests[-1][0], requests[-1][1], end)
    return [Match(tool, text[start:end]) for fitting, start, end in requests for tool in fitting]


def best_match(text: str, tools: Sequence[Tool]) -> Tool:
    """The likeliest tool, whether or not the text asks for one."""
    meanings = _meanings(text)
    fits = [_fit(tool, _vocabulary(tool), text, meanings) for tool in tools]
    return max(fits, key=lambda fit: fit.score).tool


def words_of_tool(tool: Tool) -> frozenset[str]:
    """The stems that name the tool, with those of kindred meaning: no values of its arguments."""
    own = _vocabulary(tool)
    named = own.name | own.description
    kin = frozenset(word for word, meaning in _KINDRED.items() if meaning in named)
    return named | kin | frozenset(name_stems(tool.name))


def _clauses(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for count, joint in enumerate(_JOINT.finditer(text)):
        if count == _MAX_CLAUSES:
            break
        yield start, joint.start()
        start = joint.end()
    yield start, len(text)


def _is_request(clause: str) -> bool:
    if _REFUSES.search(clause):
        return False
    return bool(_ASKS.search(clause)) or not _STATEMENT.search(clause)


def _fitting(clause: str, known: Sequence[tuple[Tool, _Vocabulary]]) -> list[Tool]:
    """The best tool, and each further one named by words that no better tool explains."""
    meanings = _meanings(clause)
    fits = [_fit(tool, vocabulary, clause, meanings) for tool, vocabulary in known]
    ranked = sorted((fit for fit in fits if fit.score >= _ENOUGH), key=lambda fit: -fit.score)
    chosen: list[Tool] = []
    explained: frozenset[str] = frozenset()
    for fit in ranked:
        if not chosen or fit.by_name - explained:
            chosen.append(fit.tool)
            explained |= fit.evidence
    return chosen


def _meanings(text: str) -> Mapping[str, str]:
    """Each stem of the text with its broader meaning, or itself."""
    meanings = {word: _KINDRED.get(word, word) for word in content_stems(text)}
    for written in read_mentions(text).sums:
        meanings.setdefault("calculat", "calculat")
        meanings.update(
            (_OPERATIONS[sign], _OPERATIONS[sign]) for sign in written if sign in _OPERATIONS
        )
    return meanings


def _fit(tool: Tool, own: _Vocabulary, text: str, meanings: Mapping[str, str]) -> _Fit:
    direct = own.name & meanings.keys()
    kin = {word for word, meaning in meanings.items() if meaning in own.name} - direct
    by_name = direct | kin
    described = {
        word
        for word, meaning in meanings.items()
        if word in own.description or meaning in own.description
    } - by_name
    parameters = (own.parameters & meanings.keys()) - by_name - described
    options = mentioned(own.options, read_mentions(text)) if own.options else []
    score = (
        _NAME_HIT * len(direct - _COMMON)
        + _NAME_KIN * len(kin | (direct & _COMMON))
        + _DESCRIPTION_HIT * len(described)
        + _PARAMETER_HIT * (len(parameters) + len(options))
    )
    explained = by_name | described | (meanings.keys() & name_stems(tool.name))
    return _Fit(tool, score, frozenset(explained), frozenset(direct))


def _vocabulary(tool: Tool) -> _Vocabulary:
    named = frozenset(name_stems(tool.name))
    about = sentences(tool.description[:2000])[:1]
    shape = settle(tool.parameters, tool.parameters)
    parameters: set[str] = set()
    options: list[Any] = []
    for name, schema in list(properties_of(shape).items())[:50]:
        settled = settle(schema, tool.parameters)
        parameters.update(name_stems(name), content_stems(str(settled.get("description") or "")))
        listed = settled.get("enum")
        options += listed[:50] if isinstance(listed, list) else []
    return _Vocabulary(
        name=(named - _COMMON) or named,
        description=frozenset(content_stems(" ".join(about))) - _COMMON,
        parameters=frozenset(parameters) - _COMMON,
        options=tuple(options),
    )
