"""Text in, words, stems and sentences out.

Knows a little English and how to cut text of any language. Knows nothing of tools, documents or
replies.
"""

import re
from itertools import pairwise

READ_LIMIT = 16_000
QUOTE_LIMIT = 200
_NAME_LIMIT = 256


def word_set(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


STOP_WORDS = word_set(
    """a about above after again all also am an and any are as at be because been before being
    below between both but by can could d did do does doing don down during each else ever
    every few for from further had has have having he her here hers him his how i if im in
    into is it its just let ll m may me might mine more most much must my myself no nor not
    now of off ok on once only or other our ours out over own per please quite re s same
    shall she should so some such t than that the their them then there these they this
    those through to too under until up us ve very was we were what when where whether which
    while who whom whose why will with without would yes yet you your yours yourself tell
    know say said show give want need like hello hi hey thank thanks"""
)

_GAP = re.compile(r"\s{20,}")
_WORD = re.compile(r"[^\W_]+")
# Scripts written without spaces: a run is read as its overlapping pairs of characters.
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
_NAME_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
_SENTENCE_END = re.compile(
    r"(?<=[.!?…])[\"'”\u2019)\]]*\s+|(?<=[。\uff01\uff1f])|\n\s*\n|\n(?=\s*[^\sa-z])", re.UNICODE
)
_SUFFIXES = (
    ("ations", "at", 3),
    ("ation", "at", 3),
    ("ators", "at", 3),
    ("ator", "at", 3),
    ("ies", "y", 2),
    ("ing", "", 3),
    ("ed", "", 3),
    ("ly", "", 4),
    ("ches", "ch", 2),
    ("shes", "sh", 2),
    ("sses", "ss", 2),
    ("s", "", 3),
)


def within_reach(text: str) -> str:
    """The beginning and the end of a long text, its longest gaps closed.

    What stands in the middle is not read: expressions that look for values stay quick that way.
    """
    if len(text) > READ_LIMIT:
        half = READ_LIMIT // 2
        text = f"{text[:half]}\n{text[-half:]}"
    return _GAP.sub(lambda gap: gap.group()[:2], text)


def words(text: str) -> list[str]:
    parts: list[str] = []
    for word in _WORD.findall(within_reach(text).lower()):
        if _UNSPACED.fullmatch(word) and len(word) > 1:
            parts += (first + second for first, second in pairwise(word))
        else:
            parts.append(word)
    return parts


def stem(word: str) -> str:
    """A word without its endings, so that "forecasts" and "forecasting" meet."""
    if len(word) <= 3 or not word.isascii():
        return word
    word = word.replace("avour", "avor").replace("olour", "olor")
    for suffix, ending, least in _SUFFIXES:
        if not word.endswith(suffix) or len(word) - len(suffix) < least:
            continue
        if suffix == "s" and word[-2] in "sui":
            continue
        return _bare(word.removesuffix(suffix) + ending)
    return word.removesuffix("e")


def content_stems(text: str) -> list[str]:
    """The stems of the words that carry meaning, in order, repeats included."""
    return [stem(word) for word in words(text) if word not in STOP_WORDS]


def name_stems(name: str) -> list[str]:
    """The stems of an identifier: get_userOrders gives get, user, order."""
    return [stem(part.lower()) for part in _NAME_PART.findall(name[:_NAME_LIMIT])]


def sentences(text: str) -> list[str]:
    """Sentences and list items, line breaks inside them made spaces."""
    pieces = (" ".join(piece.split()) for piece in _SENTENCE_END.split(text) if piece)
    return [piece for piece in pieces if piece]


def excerpt(text: str, limit: int = QUOTE_LIMIT) -> str:
    """The text on one line, cut at a word near the limit."""
    shown = " ".join(text[: limit * 4].split())
    if len(shown) <= limit and len(text) <= limit * 4:
        return shown
    cut = shown[:limit]
    head, _, _ = cut.rpartition(" ")
    return f"{(head or cut).rstrip()}…"


def _bare(root: str) -> str:
    if len(root) >= 4 and root[-1] == root[-2] and root[-1] not in "lsfz":
        return root[:-1]
    return root.removesuffix("e") if len(root) > 3 else root
