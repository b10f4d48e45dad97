"""A statement in the first person in, the same statement about "User" out.

"My name is Sarah" becomes "User's name is Sarah". Knows pronouns and the verb after them.
"""

import re
from typing import Final

from pegboard.memories.rules.verbs import is_adverb, is_plain, third_person

_TOKEN: Final = re.compile(r"[^\W_]+(?:['\-][^\W_]+)*|[^\w\s]|_|\s+")
_SPELT: Final = (  # typed in haste, and contractions opened
    (re.compile(r"\bi'?m\b", re.I), "I am"),
    (re.compile(r"\bi'?ve\b", re.I), "I have"),
    (re.compile(r"\bi'll\b", re.I), "I will"),
    (re.compile(r"\bi'd (?=(?:been|had|never been|better)\b)", re.I), "I had "),
    (re.compile(r"\bi'd\b", re.I), "I would"),
    (re.compile(r"\bwe're\b", re.I), "we are"),
    (re.compile(r"\bwe've\b", re.I), "we have"),
    (re.compile(r"\bwe'll\b", re.I), "we will"),
    (re.compile(r"\b(do|does|did|ca|wo|is|are|was|have|has)nt\b", re.I), r"\1n't"),
    (re.compile(r"\bain't\b", re.I), "am not"),
)
_HAS_VERB: Final = re.compile(
    r"\b(?:is|are|was|were|has|have|had|can|can't|will|won't|does|doesn't|did|didn't|do|don't|"
    r"isn't|aren't|wasn't|weren't)\b",
    re.I,
)
_NAMED_IS: Final = re.compile(r"^((?:[Mm]y|[Oo]ur)\b[^,]{0,60}?[a-z])'s (?=(?:an? |the |\d)|[A-Z])")
_PRONOUNS: Final = {
    "my": "user's",
    "mine": "user's",
    "our": "user's",
    "ours": "user's",
    "me": "user",
    "us": "user",
    "myself": "themself",
    "ourselves": "themselves",
}


def spell_out(text: str) -> str:
    """Contractions with a first person opened: "im" and "I'm" are "I am"."""
    for pattern, spelt in _SPELT:
        text = pattern.sub(spelt, text)
    return text if _HAS_VERB.search(text) else _NAMED_IS.sub(r"\1 is ", text, count=1)


def about_user(statement: str) -> str:
    """The statement, spelt out before, with "User" for whoever speaks."""
    tokens = _TOKEN.findall(statement)
    at = 0
    while at < len(tokens):
        low = tokens[at].lower()
        if (low == "i" and (tokens[at] == "I" or not at)) or low == "we":
            tokens[at] = "User"
            at = _agree(tokens, at + 1)
        elif low in _PRONOUNS and tokens[at] not in ("US", "MY"):
            tokens[at] = _PRONOUNS[low]
        at += 1
    sentence = "".join(tokens)
    return sentence[:1].upper() + sentence[1:]


def _agree(tokens: list[str], at: int) -> int:
    """Put the verb after "User" in the third person, and one joined to it; where it stands."""
    at = _next_verb(tokens, at)
    if at >= len(tokens):
        return at
    joined = is_plain(tokens[at].lower())
    tokens[at] = third_person(tokens[at])
    words = [index for index in range(at + 1, min(at + 6, len(tokens))) if tokens[index].strip()]
    if joined and len(words) > 1 and tokens[words[0]].lower() in ("and", "or"):
        other = words[1]
        if is_plain(tokens[other].lower()):
            tokens[other] = third_person(tokens[other])
    return at


def _next_verb(tokens: list[str], at: int) -> int:
    while at < len(tokens) and (not tokens[at].strip() or is_adverb(tokens[at].lower())):
        at += 1
    return at
