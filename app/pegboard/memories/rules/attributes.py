"""What a fact is a value of, where there can be one value only: a name, a home, an employer.

Two facts about the same attribute cannot both be true. Everything else can: pets, hobbies, tastes.
"""

import re
from dataclasses import dataclass
from typing import Final

from pegboard.english.words import word_set
from pegboard.memories.rules.tools import is_tool
from pegboard.memories.rules.wording import wording

_ADVERB: Final = r"(?:(?:now|currently|has|been|recently|just|already|since) )*"
_HOME: Final = re.compile(
    rf"user {_ADVERB}(?:lives?|moved|relocated|resides?|settled|is (?:living|based|moving)) "
    r"(?:from .{1,60}? )?(?:back )?(?:in|to|at) (?!an? |\d|with |fear|peace|home\b)(?P<value>.+)"
    r"|user's (?:home|home ?town is now|city|place of residence) (?:is|are)(?: in)? (?P<other>.+)",
    re.I,
)
_WORK: Final = re.compile(
    rf"user {_ADVERB}(?:(?:works?|working|is working|is employed)"
    r"(?: \w+ly| full-time| part-time)?(?: as (?P<role>.+?))?"
    r" (?:at|for)(?! \d| fun\b| free\b| home\b| night| least)"
    r"|joined|started(?: working| a job)? at"
    r"|(?:got|has|took|started) an? (?:new )?(?:job|position)(?: as (?P<role2>.+?))? (?:at|with)"
    r") (?P<value>.+)"
    rf"|user {_ADVERB}(?:works|is working|is employed) as (?P<only>.+)"
    r"|user's (?:employer|company) is (?P<firm>.+)",
    re.I,
)
_AGE: Final = re.compile(
    rf"user {_ADVERB}(?:is|turned|turns) (?P<value>\d{{1,3}})(?: years? old| yo)?"
    r"(?: (?:on|in) .+)?",
    re.I,
)
_STATES: Final = (
    ("marital status", word_set("single married divorced widowed engaged")),
    ("diet", word_set("vegan vegetarian pescatarian omnivore")),
)
_PREFERS: Final = re.compile(
    r"user (?:now )?prefers (?P<this>.+?) (?:over|to|than) (?P<that>.+)", re.I
)
_PREFERS_KIND: Final = re.compile(r"user (?:now )?prefers (?P<this>[\w-]+) (?P<kind>[\w-]+)", re.I)
_EITHER: Final = word_set("mode theme seat view layout")
_SCALES: Final = (
    word_set("short long brief concise detailed verbose"),
    word_set("formal informal casual"),
    word_set("metric imperial"),
)
_CALLED: Final = re.compile(r"user prefers to be called (?P<value>.+)", re.I)
_SINGLE_NOUN: Final = (
    r"(?:name|age|e-?mail|address|phone|number|mobile|birthday|birth ?date|date of birth|"
    r"birthplace|job|occupation|profession|title|hometown|nationality|height|weight|salary|budget|deadline|"
    r"time ?zone|native language|mother tongue|blood type|shoe size|size|zodiac sign|password|pin|"
    r"code|status|id|username|nickname|handle|website|goal weight|major|manager|boss|husband|wife)"
)
_OF_NOUN: Final = re.compile(
    rf"(?:the )?(?P<noun>[^,]{{0,60}}?\b{_SINGLE_NOUN}(?: (?:address|number))?) (?:is|are) "
    r"(?P<value>.+)",
    re.I,
)
_FAVORITE: Final = re.compile(
    r"user's (?P<noun>favou?rite [\w -]{1,40}?) (?:is|are) (?P<value>.+)", re.I
)
# A second pet or child has its own name.
_MANY: Final = re.compile(
    r"\b(?:dog|cat|pet|son|daughter|child|kid|brother|sister|friend|colleague|student)\b", re.I
)
_TAIL: Final = re.compile(
    r" (?:(?:on|in|since|until) \d{4}|in the week of|with|for|because|since|and user)\b.*",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Attribute:
    """`value` and `detail` are meaning words; `detail` is a job's role, () where unsaid."""

    key: str
    value: tuple[str, ...]
    detail: tuple[str, ...] = ()

    def covers(self, other: "Attribute") -> bool:
        """Whether `other`, of the same key, says no more than this: Paris beside Paris, France."""
        is_within = not other.value or self.value[: len(other.value)] == other.value
        return is_within and (not other.detail or other.detail == self.detail)


def attribute(text: str) -> Attribute | None:
    """The attribute of a fact in the third person, or None where several facts may hold."""
    fact = re.sub(r"^the user\b", "User", text[:500].strip(" ."), flags=re.I)
    if match := _CALLED.fullmatch(fact):
        return Attribute("form of address", _words(match["value"]))
    if match := _HOME.fullmatch(fact):
        home = _words(match["value"] or match["other"])
        return None if any(is_tool(word) for word in home) else Attribute("home", home)
    if match := _WORK.fullmatch(fact):
        role = match["role"] or match["role2"] or match["only"]
        return Attribute("work", _words(match["value"] or match["firm"]), _words(role))
    if match := _AGE.fullmatch(fact):
        return Attribute("age", (match["value"],))
    if match := _FAVORITE.fullmatch(fact):
        return Attribute(" ".join(_words(match["noun"])), _words(match["value"]))
    if (match := _OF_NOUN.fullmatch(fact)) and not _MANY.search(match["noun"]):
        return Attribute(_noun(match["noun"]), _words(match["value"]))
    if match := _PREFERS.fullmatch(fact):
        pair = (_words(match["this"]), _words(match["that"]))
        return Attribute(f"preference of {sorted(pair)}", pair[0])
    if match := _PREFERS_KIND.fullmatch(fact):
        return _preferred(match["this"].lower(), kind=match["kind"].lower())
    return _state(fact)


def _preferred(this: str, *, kind: str) -> Attribute | None:
    """Dark mode or light, short answers or long; of green tea and black both may be preferred."""
    for position, scale in enumerate(_SCALES):
        if this in scale:
            return Attribute(f"preference of {_words(kind)} on scale {position}", _words(this))
    return Attribute(f"preference of {kind}", _words(this)) if kind in _EITHER else None


def _state(fact: str) -> Attribute | None:
    match = re.fullmatch(r"user is (?:now |an? )*(\w+)(?: (?:to|with) .+)?", fact, re.I)
    for key, values in _STATES:
        if match and match[1].lower() in values:
            return Attribute(key, (match[1].lower(),))
    return None


def _words(text: str | None) -> tuple[str, ...]:
    return wording(_TAIL.sub("", text)).words if text else ()


def _noun(noun: str) -> str:
    words = _words(noun)
    renamed = {"e-mail": "email", "mobil": "phone"}
    return (
        " ".join(renamed.get(word, word) for word in words if word not in ("address", "number"))
        or noun
    )
