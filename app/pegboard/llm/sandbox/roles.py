"""A property's name in, the mentions that could fill it out.

Knows which words in a schema ask for a place, a person, a day or the text itself. Does not know
the schema's constraints.
"""

from collections.abc import Iterator
from enum import StrEnum

from pegboard.english.words import content_stems, name_stems, stem
from pegboard.llm.sandbox.mentions import Mentions


class Role(StrEnum):
    ORIGIN = "origin"
    TARGET = "target"
    PLACE = "place"
    DAY = "day"
    CLOCK = "clock"
    EMAIL = "email"
    URL = "url"
    PERSON = "person"
    CODE = "code"
    SUM = "sum"
    TOPIC = "topic"
    LANGUAGE = "language"
    TEXT = "text"


_WORDS = {
    Role.ORIGIN: "from origin source departure sender",
    Role.TARGET: "to destination target arrival recipient receiver",
    Role.PLACE: "location city place country region state address town area where venue capital",
    Role.DAY: "date day when deadline weekday checkin checkout",
    Role.CLOCK: "time hour clock",
    Role.EMAIL: "email mail",
    Role.URL: "url uri link website webpage",
    Role.PERSON: "name person customer author artist contact owner assignee employee company who",
    Role.CODE: "id code ticker symbol sku identifier number reference isbn",
    Role.SUM: "expression formula equation calculation",
    Role.TOPIC: "topic subject about theme",
    Role.LANGUAGE: "language locale",
    Role.TEXT: """query q text message content prompt question input search body description title
        term keyword note task summary request sentence phrase item instruction comment reason
        answer reply response explanation output result story fact joke""",
}
_ROLE_OF = {stem(word): role for role, listed in _WORDS.items() for word in listed.split()}

_BEFORE = {
    Role.ORIGIN: ("from",),
    Role.TARGET: ("to", "into"),
    Role.PLACE: ("in", "at", "near", "for", "of", "around", "to", "from", "on", "about"),
    Role.PERSON: ("named", "called", "for", "to", "of", "with", "by", "about", "as", "from"),
    Role.CODE: ("of", "for"),
    Role.TOPIC: ("about", "on", "titled", "named", "called"),
    Role.TEXT: ("called", "named", "titled"),
    Role.LANGUAGE: ("into", "to", "in"),
}
_UNLED = frozenset((Role.PLACE, Role.PERSON, Role.CODE))


def role_of(name: str, description: str) -> Role | None:
    """What the property wants; its name speaks before its description, its last word first."""
    for word in reversed(name_stems(name)):
        if word in _ROLE_OF:
            return _ROLE_OF[word]
    return next((_ROLE_OF[word] for word in content_stems(description) if word in _ROLE_OF), None)


def fillers(role: Role, mentions: Mentions, ignored: frozenset[str]) -> Iterator[str]:
    """Texts that could fill the role, the likeliest first."""
    match role:
        case Role.TARGET:
            yield from mentions.emails
            yield from _ends_of_spans(mentions, 1)
        case Role.ORIGIN:
            yield from _ends_of_spans(mentions, 0)
        case Role.EMAIL:
            yield from mentions.emails
        case Role.URL:
            yield from mentions.urls
        case Role.DAY:
            yield from mentions.dates
            yield from mentions.days
        case Role.CLOCK:
            yield from mentions.clocks
            yield from mentions.dates
            yield from mentions.days
        case Role.SUM:
            yield from mentions.sums
        case Role.CODE:
            yield from mentions.codes
            yield from (f"{number.value:.0f}" for number in mentions.numbers)
        case Role.TEXT | Role.TOPIC:
            yield from mentions.quoted
        case Role.PLACE | Role.PERSON | Role.LANGUAGE:
            pass
    for preposition in _BEFORE.get(role, ()):
        yield from named(mentions, preposition, ignored)
    if role in _UNLED:
        yield from named(mentions, "", ignored)


def named(mentions: Mentions, preposition: str, ignored: frozenset[str]) -> Iterator[str]:
    for mention in mentions.names:
        if mention.preposition == preposition:
            yield from (item for item in mention.items if not _is_ignored(item, ignored))


def _ends_of_spans(mentions: Mentions, end: int) -> Iterator[str]:
    for mention in mentions.names:
        if mention.preposition == "between" and len(mention.items) == 2:
            yield mention.items[end]


def _is_ignored(item: str, ignored: frozenset[str]) -> bool:
    stems = content_stems(item)
    return not stems or all(word in ignored for word in stems)
