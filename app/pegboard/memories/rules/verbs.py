"""English verbs: which form stands there, and what the third person makes of it."""

import re
from typing import Final

from pegboard.english.words import word_set

_SPECIAL: Final = {
    "am": "is",
    "are": "is",
    "were": "was",
    "have": "has",
    "do": "does",
    "don't": "doesn't",
    "haven't": "hasn't",
    "aren't": "isn't",
    "weren't": "wasn't",
}
_UNCHANGED: Final = word_set(
    """is was has had does did doesn't didn't hasn't hadn't isn't wasn't can can't cannot could
    couldn't will won't would wouldn't shall should shouldn't must mustn't may might
    awoke ate beat became been began bent bet bit bled blew bought bred broke brought built burnt
    came caught chose clung cut dealt drank dreamt drew drove dug fed fell felt fled flew flown
    forgave forgot fought found froze gave got grew ground heard held hid hit hung hurt kept knew
    laid learnt led left lent lost made meant met overcame paid quit ran rang retook rode rose
    said sang sank sat saw sent shook shot shut slept slid sold sought spent split spoke spun
    stole stood stuck struck swam swore swung taught thought threw told took tore understood
    undertook upset went withdrew woke won wore wound wove wrote used"""
)
_PRESENT_IN_ED: Final = word_set(
    "bleed breed embed exceed feed heed need proceed seed shed speed succeed weed"
)
_PLAIN: Final = word_set(
    """bake build code commute cook cycle dance develop dislike draw drink drive eat enjoy hate
    have hike like live love manage own paint play practise prefer program read ride run sell
    sing ski sleep speak study surf swim teach travel use walk want watch work write"""
)
_ADVERBS: Final = word_set(
    """also always never often just still both all not only already almost even ever mostly
    seldom sometimes usually rarely really now once twice no longer too currently actually"""
)
_NOT_ADVERBS: Final = word_set("apply bully comply fly imply multiply rally rely reply supply")
_SIBILANT: Final = re.compile(r"(?:s|x|z|ch|sh|[^aeiou]o|go)$")


def is_adverb(word: str) -> bool:
    return word in _ADVERBS or (word.endswith("ly") and word not in _NOT_ADVERBS)


def is_plain(word: str) -> bool:
    """Whether the word is surely a verb in the present, as after "I"."""
    return word in _PLAIN


def third_person(verb: str) -> str:
    """What follows "User" where `verb` follows "I" or "we": study gives studies."""
    low = verb.lower()
    if low in _SPECIAL:
        return _SPECIAL[low]
    if low in _UNCHANGED or (low.endswith("ed") and low not in _PRESENT_IN_ED):
        return verb
    if not low.isascii() or not low[-1:].isalpha():
        return verb
    if re.search(r"[^aeiou]y$", low):
        return f"{verb[:-1]}ies"
    return f"{verb}es" if _SIBILANT.search(low) else f"{verb}s"
