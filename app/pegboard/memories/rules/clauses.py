"""A user's message in, its clauses out, each with the user's own words.

Cuts at sentence ends and where a new first person begins. Leaves out what is not the user's own
statement: code, quotations, text handed over to be worked on, and suppositions.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

READ_LIMIT: Final = 4_000
_HIDDEN: Final = "\ufffc"

_OWN: Final = r"(?:i(?:'m|'ve|'d|'ll|m|ve)?|my|our|we(?:'re|'ve|'ll)?)\b"
_BEGINS: Final = (
    rf"(?:{_OWN}|(?:please |just )?(?:call me|remember|don't forget|note that|keep in mind|forget)"
    r"|(?:can|could|would|will|should|do|does|did|is|are|what|what's|which|who|where|when|why|how|"
    r"please|thanks|thank you|tell|give|help|show|write|suggest|recommend)\b)"
)
_JOINT: Final = r"(?:and|but|so|plus|while|yet|though|although|because|since|as|then|also)"
_SEAM: Final = re.compile(
    rf"(?:\s?[,;:]\s?|\s-{{1,2}}\s|\s?[\u2013\u2014]\s?)(?:{_JOINT}\s){{0,2}}(?={_BEGINS})"
    rf"|\s(?:{_JOINT}\s){{1,2}}(?={_BEGINS})",
    re.I,
)
# "I live in Paris and work at Google": the second verb has the same subject.
_SAME_SUBJECT: Final = re.compile(
    r"\s(?:and|but) (?=(?:work|live|study) (?:at|in|as|for|with|from|on)\b"
    r"|have (?:an?|no|two|three|four|five|\d+)\b|am (?:an? |\d|from |allergic|married|vegan)"
    r"|(?:love|like|prefer|hate|enjoy|speak|own|drink) \w)",
    re.I,
)
_INFINITIVE: Final = re.compile(r"\b(?:to|can|can't|will|would|could|should|not|don't)\b", re.I)
_TIME_ONLY: Final = re.compile(
    r"(?:.{0,200}[.!?] ?)?(?:yesterday|today|tomorrow|tonight|(?:last|next|this) \w+|\w+ \w+ ago|"
    r"in \d{4})",
    re.I,
)
_VERB: Final = re.compile(
    r"\b(?:is|are|was|were|has|have|had|can|can't|will|won't|do|don't|did|didn't)\b"
    r"|n't\b|'s \w|\w(?:s|ed) \S|\b(?:went|got|made|live|work|like|love|hate|prefer|told|gave) \S",
    re.I,
)
_SENTENCE_END: Final = re.compile(
    r"(?<![.!?\u2026])[.!?\u2026]+[\"')\]]{0,3}(?=\s|$)|\n(?=\s*(?:[^\sa-z]|\n|$|(?:i|i'm|im|my|our|we)\b))"
)
_ABBREVIATION: Final = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|st|vs|e\.g|i\.e|approx|jr|sr|u\.s)|(?<![\w'])(?-i:[A-HJ-Z]))$",
    re.I,
)
_FENCE: Final = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_QUOTED_LINE: Final = re.compile(r"^[ ]*>.*$", re.M)
_SPEECH: Final = re.compile(r"[\"\u201c\u201d«]([^\"\u201c\u201d»\n]{0,1000})[\"\u201c\u201d»]")
_WORK_ORDER: Final = re.compile(
    r"^\W{0,5}(?:(?:please|can you|could you|now) ){0,2}(?:translate|rewrite|rephrase|paraphrase|"
    r"proofread|correct|summari[sz]e|improve|fix|edit|classify|analy[sz]e|parse|shorten|polish|"
    r"write|draft|compose|repeat|say|complete|continue|act as|role-?play|you are)\b",
    re.I,
)
_HANDED_OVER: Final = re.compile(r"\b(?:this|these|following|below|sentences?|text)\b|:", re.I)
_SUPPOSED: Final = re.compile(
    r"^\W{0,5}(?:and |but |so |or )?(?:if|unless|suppose|imagine|pretend|assume|assuming|what if|"
    r"let's say|say)\b|\bif (?:i|we) (?:were|was|had)\b|\bhypothetically\b|\bas if\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Clause:
    """`text` has plain apostrophes and single spaces, `quote` is as typed."""

    text: str
    quote: str


def read_clauses(message: str) -> Iterator[Clause]:
    """The clauses that state something, of the message's first 4,000 characters."""
    typed = message[:READ_LIMIT]
    shown = _hide(typed)
    for start, end, asks in _sentences(shown):
        sentence = shown[start:end]
        if _WORK_ORDER.match(sentence) and _HANDED_OVER.search(sentence):
            return  # What follows is the material to work on.
        if _SUPPOSED.search(sentence):
            continue
        spans = list(_spans(sentence))
        if asks and spans:
            spans.pop()  # The question itself comes last.
        for first, last, lead in spans:
            text = " ".join(sentence[first:last].split())
            quote = typed[start + first : start + last].strip(" \t\r\n,;:-")
            if text and _HIDDEN not in text:
                yield Clause(lead + text, quote)


def _hide(typed: str) -> str:
    """The text, letter for letter, but for code and longer quotations."""
    plain = typed.translate({0x2018: "'", 0x2019: "'", 0x02BC: "'", 0x09: " ", 0xA0: " "})
    plain = _FENCE.sub(lambda match: "\n" * len(match.group()), plain)
    plain = _QUOTED_LINE.sub(lambda match: "\n" * len(match.group()), plain)
    return _SPEECH.sub(
        lambda match: _HIDDEN * len(match.group()) if len(match[1].split()) > 3 else match.group(),
        plain,
    )


def _sentences(text: str) -> Iterator[tuple[int, int, bool]]:
    """Start, end and whether it asks, of each sentence."""
    start = 0
    for end in _SENTENCE_END.finditer(text):
        mark = end.group()
        if mark == "." and _ABBREVIATION.search(text, max(0, end.start() - 8), end.start()):
            continue
        yield start, end.start(), "?" in mark
        start = end.end()
    yield start, len(text), False


def _spans(sentence: str) -> Iterator[tuple[int, int, str]]:
    """Where each clause starts and ends, and a subject to put before it."""
    start = 0
    seams = [seam for seam in _SEAM.finditer(sentence) if _is_seam(sentence, seam)]
    for position, seam in enumerate(seams):
        if _TIME_ONLY.fullmatch(sentence[start : seam.start()].strip()):
            continue  # "Yesterday, I …" is one clause
        following = seams[position + 1].start() if position + 1 < len(seams) else len(sentence)
        if sentence[seam.end() : seam.end() + 3].lower() in ("my ", "our") and not _VERB.search(
            sentence, seam.end(), following
        ):
            continue  # "my wife and my kids"
        yield from _same_subject(sentence, start, seam.start())
        start = seam.end()
    yield from _same_subject(sentence, start, len(sentence))


def _is_seam(sentence: str, seam: re.Match[str]) -> bool:
    """Small words like "do" begin a clause after a comma; after "and" alone they may be a noun."""
    return not sentence[seam.end() :].lower().startswith(("write", "show", "help")) or (
        sentence[seam.start() : seam.end()].strip()[:1] in (",", ";", ":")
    )


def _same_subject(sentence: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    lead = ""
    if re.match(r"\W*(?:i|i'm|im|i've)\b", sentence[start:end], re.I):
        while (joint := _SAME_SUBJECT.search(sentence, start, end)) and not _INFINITIVE.search(
            sentence, start, joint.start()
        ):
            yield start, joint.start(), lead
            start, lead = joint.end(), "I "
    yield start, end, lead
