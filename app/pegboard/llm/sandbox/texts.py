"""A string schema and a text in, the string that the text gives for it out.

Tries what is written beside the property's name, then what its format, pattern or role asks for.
"""

import re
from collections.abc import Callable, Iterator

from pegboard.english.words import name_stems
from pegboard.llm.sandbox.mentions import Mentions
from pegboard.llm.sandbox.patterns import fitting
from pegboard.llm.sandbox.roles import Role, fillers, named, role_of
from pegboard.llm.sandbox.schemas import Schema
from pegboard.llm.sandbox.stand_ins import fit_length

_LABEL_REACH = 4_000
_LABELLED = (
    r"""(?<!\w){label}(?:\s*[:=]\s*|\s+(?:is|are|named|called|titled)\s+|\s+(?=["“']))"""
    r"""(?:["“]([^"”]{{1,500}})["”]|([^\s"“,.;:!?\n]{{1,200}}"""
    r"""(?:[ ](?!and\b|or\b|with\b|but\b|in\b|to\b)[^\s,;:!?\n]{{1,40}}){{0,8}}))"""
)
_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
_IPV4 = re.compile(r"\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b")
_ISO_CLOCK = re.compile(r"\d{2}:\d{2}:\d{2}")


def texts_for(
    name: str, schema: Schema, mentions: Mentions, ignored: frozenset[str]
) -> Iterator[str]:
    """Strings from the text that the schema admits, the likeliest first."""
    form = schema.get("format")
    if isinstance(form, str) and form in _BY_FORMAT:
        yield from _BY_FORMAT[form](mentions)
        return
    pattern = schema.get("pattern")
    candidates = _unconstrained(name, str(schema.get("description") or ""), mentions, ignored)
    if not isinstance(pattern, str):
        yield from (fit_length(text, schema) for text in candidates if long_enough(text, schema))
        return
    tokens = (token.strip(".,;:!?\"'()") for token in mentions.text.split()[:300])
    for candidate in (*candidates, *mentions.codes, *tokens):
        if (
            fitting(pattern, (candidate,)) is not None
            and fit_length(candidate, schema) == candidate
        ):
            yield candidate


def leftover_texts(mentions: Mentions, ignored: frozenset[str]) -> Iterator[str]:
    """What a required string takes when nothing was meant for it: any name, quote or code."""
    for preposition in ("", "for", "of", "in", "to", "from", "with", "about", "at", "by", "on"):
        yield from named(mentions, preposition, ignored)
    yield from mentions.quoted
    yield from mentions.codes


def _unconstrained(
    name: str, description: str, mentions: Mentions, ignored: frozenset[str]
) -> Iterator[str]:
    yield from _beside_label(name, mentions.text)
    role = role_of(name, description)
    if role is not None:
        own = frozenset(name_stems(name)) if role is Role.TEXT else frozenset()
        yield from fillers(role, mentions, ignored | own)


def _beside_label(name: str, text: str) -> Iterator[str]:
    if not 2 <= len(name) <= 60:
        return
    parts = [re.escape(part) for part in re.split(r"[\W_]+", name) if part][:6]
    if not parts:
        return
    labelled = re.compile(_LABELLED.format(label=r"[\s_-]*".join(parts)), re.IGNORECASE)
    for quoted, bare in labelled.findall(text[:_LABEL_REACH]):
        yield quoted or bare.rstrip(".'\u2019")


def long_enough(text: str, schema: Schema) -> bool:
    least = schema.get("minLength")
    return not isinstance(least, int) or len(text) >= least


def _date_times(mentions: Mentions) -> Iterator[str]:
    for date in mentions.dates:
        day, _, clock = date.partition("T")
        zoned = clock[-1:] == "Z" or clock[-6:-5] in ("+", "-")
        if not clock:
            yield f"{day}T00:00:00Z"
        elif zoned and _ISO_CLOCK.match(clock):
            yield date
        elif _ISO_CLOCK.fullmatch(clock):
            yield f"{date}Z"
        elif len(clock) == 5:
            yield f"{date}:00Z"


_BY_FORMAT: dict[str, Callable[[Mentions], Iterator[str]]] = {
    "date": lambda mentions: (date[:10] for date in mentions.dates),
    "date-time": _date_times,
    "time": lambda mentions: (f"{c}:00Z" for c in mentions.clocks if re.fullmatch(r"\d\d:\d\d", c)),
    "duration": lambda mentions: iter(()),
    "email": lambda mentions: iter(mentions.emails),
    "uri": lambda mentions: iter(mentions.urls),
    "url": lambda mentions: iter(mentions.urls),
    "uuid": lambda mentions: iter(_UUID.findall(mentions.text)),
    "ipv4": lambda mentions: iter(_IPV4.findall(mentions.text)),
    "ipv6": lambda mentions: iter(()),
    "hostname": lambda mentions: iter(()),
}
