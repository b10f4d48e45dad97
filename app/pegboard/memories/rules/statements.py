"""Which clauses say something lasting about the user, and what that is in the first person.

Requests, thanks, thoughts about the dialogue and passing states are not worth keeping.
"""

import re
from collections.abc import Iterator
from typing import Final

from pegboard.english.words import word_set
from pegboard.memories.rules.third_person import spell_out
from pegboard.memories.rules.verbs import is_adverb

_NEXT: Final = r"(?=(?:i|i'm|im|i've|ive|i'd|i'll|my|our|we|we're|we've|call me|remember|please)\b)"
_TIME: Final = (
    r"(?:yesterday|today|tomorrow|tonight|(?:last|next|this) \w+|\w{1,12} (?:day|week|month|year)s?"
    r" ago|in \d{4})"
)
_PREAMBLE: Final = re.compile(
    r"(?:[-*•]|\d{1,2}[.)]) +"
    r"|(?:hi|hello|hey|greetings|good (?:morning|evening|afternoon|day))(?: there| all| everyone)?"
    rf"[,!.:]? {_NEXT}"
    r"|(?:well|ok|okay|so|and|but|also|actually|btw|by the way|fyi|oh|yes|yeah|yep|no|nope|sure|"
    r"thanks|thank you|great|cool|anyway|honestly|basically|just so you know|first|firstly|second|"
    r"secondly|finally|for (?:your information|the record|context)|now|please note|because|since|"
    rf"currently|nowadays|these days|right now)[,:!]? {_NEXT}"
    r"|(?:i already |i )?(?:told|have told) you (?:that )?"
    rf"|(?:as|like) i (?:said|mentioned|told you),? {_NEXT}"
    r"|(?:i (?:just )?(?:want|wanted|would like|need) (?:to tell you|you to know|you to remember)"
    r"|let me tell you|you should know|i should mention)(?: that)? ",
    re.I,
)
_REMEMBER: Final = re.compile(
    r"(?:please |also |and |can you |just ){0,3}(?:(?:remember|note|keep in mind|don't forget|"
    r"memori[sz]e|save|store|take note)(?:(?: the fact)? that| this:|:)|for future reference[,:]?"
    rf"|remember (?:to )?{_NEXT}|don't forget (?:to )?{_NEXT}) ?",
    re.I,
)
_FORGET: Final = re.compile(
    r"(?:please |you can |you should |just ){0,2}forget (?:that |about )?(?P<what>(?:my|our|i|we)\b"
    r".{1,200})",
    re.I,
)
_CALLED: Final = re.compile(
    r"(?i:(?:(?:please|just|you can|you may) ){0,2}call me) (?P<one>[^\W\d_][\w'-]{0,30}"
    r"(?: [A-Z][\w'-]{0,30})?)(?: please)?"
    r"|(?i:everyone|everybody|people|they|(?:all )?my friends) calls? me "
    r"(?P<two>[^\W\d_][\w' -]{0,40})"
)
_I_AM_NAMED: Final = re.compile(
    r"I am (?P<name>[A-Z][a-z'\u00c0-\u024f-]{1,20}(?: [A-Z][\w'-]{1,20}){0,2})"
    r"(?:,? (?:and )?(?P<rest>(?:an?|the|from|\d).{1,200}))?"
)
_PEOPLES: Final = word_set(
    """african american arab argentine argentinian asian australian austrian belgian black brazilian
    british buddhist bulgarian canadian catholic chilean chinese christian colombian croatian cuban
    czech danish dutch egyptian english estonian ethiopian european filipino finnish french german
    ghanaian greek hindu hispanic hungarian indian indonesian iranian iraqi irish israeli italian
    jamaican japanese jewish kenyan korean latino latina lebanese lithuanian malaysian mexican
    moroccan muslim nigerian norwegian pakistani persian peruvian polish portuguese romanian russian
    scottish serbian slovak slovenian spanish swedish swiss syrian taiwanese thai turkish ukrainian
    vegan vegetarian venezuelan vietnamese welsh white not very so really happy sad tired here sorry
    back done fine good okay ok ready sure"""
)
_IS_MINE: Final = re.compile(
    r"(?P<what>(?!(?:it|that|this|these|those|there|here|he|she|they|you|what|which|who|where|when|"
    r"how|why|if|nothing|everything|one|some)\b)[^,]{1,80}?) (?:is|are|was|were) (?:my|our) "
    r"(?P<role>.{1,120})",
    re.I,
)
_FAVORITE: Final = re.compile(r"(?:(?:all-time|absolute) )?favou?rite .+", re.I)
_VERB: Final = re.compile(
    r".+?\b(?:is|are|was|were|has|have|had|can|can't|will|won't|do|don't|does|did|isn't|aren't|"
    r"went|got|made|live|work|like|love|hate|prefer|told|gave|\w+s|\w+ed|\w+n't)\b +\S",
    re.I,
)
_PASSING: Final = re.compile(
    r"(?:i|we) (?:(?:just|really|also|still|only|would|do|did|don't|didn't|do not|can|can't|cannot"
    r"|could|couldn't|will|won't|am|was|have) )*?(?:"
    r"would|wish|wonder|wondered|wondering|think|thought|guess|guessed|hope|hoped|mean|meant|see|"
    r"saw that|understand|understood|agree|disagree|suppose|believe|feel like|feel that|ask|asked|"
    r"asking|appreciate|apologi[sz]e|thank|bet|promise|assume|doubt|figured|noticed|notice|"
    r"know(?! (?:how to|python|java|french|german|spanish))|remember|forgot|forget|need|"
    r"want(?! to (?:become|be|learn|visit|travel|move|live|buy|marry|study|start|retire|run)\b)|"
    r"(?:have|has|had)(?: got)? (?:to|(?:an? |one |another |some |the )?(?:\w+ )?(?:questions?|"
    r"problems?|issues?|errors?|bugs?|requests?|doubts?|ideas?|trouble))|"
    r"g[eo]t an? (?:error|question)|sorry|afraid|glad|sure|not sure|curious|confused|stuck|"
    r"unsure|certain|trying|(?:here|back|done|ready|fine|good|okay|ok)(?=[ .!]*$)|"
    r"looking|able|unable|talking|referring|wait|tell|find|say|said|let|try|check|get it|show|"
    r"stand (?:it|that)|changed my mind|(?:so |very |too |a bit )?(?:happy|sad|tired|hungry|"
    r"thirsty|bored|angry|excited|busy|late|upset|nervous|worried))\b"
    r"|(?:i|we) (?:\w+ ){1,2}(?:it|that|this|them|so|too)\b[ .!]*$"
    r"|(?:i|we) (?:and|or|,)|(?:i|we) (?:was|am) (?:just )?(?:going to|about to|wondering|saying)\b"
    r"|(?:my|our) (?:questions?|problems?|issues?|errors?|requests?|point|query|bad|"
    r"mistake|apologies|god|goodness|guess|code|program|script|function|message|"
    r"previous|last|first|next|idea|understanding|thanks|input|test|output|prompt)\b",
    re.I,
)
_PLANNED: Final = re.compile(
    rf"\b(?:{_TIME}|in \w+ (?:day|week|month|year)s?|\d{{4}}|soon)\b"
    r"|\b(?:move|travel|visit|fly|marry|start|graduate|retire|live|work|study)\b",
    re.I,
)
_TIME_FIRST: Final = re.compile(rf"(?P<when>{_TIME}),? (?P<rest>(?:i|my|we|our)\b.+)", re.I)
_TO_YOU: Final = re.compile(r"\b(?:you|your|yours|yourself|you're|u)\b", re.I)


def read_statements(clause: str) -> Iterator[str]:
    """The clause as statements in the first person, or none."""
    text, on_request = _without_preamble(clause)
    if forget := _FORGET.fullmatch(text):
        yield f"I asked to forget {_that(forget['what'])}"
        return
    if called := _CALLED.fullmatch(text):
        yield f"I prefer to be called {(called['one'] or called['two']).removesuffix(' please')}"
        return
    text = spell_out(text)
    if timed := _TIME_FIRST.fullmatch(text):
        text = f"{timed['rest']} {timed['when']}"
    if (named := _I_AM_NAMED.fullmatch(text)) and _is_name(named["name"]):
        yield f"My name is {named['name']}"
        if named["rest"]:
            yield f"I am {named['rest']}"
    elif (mine := _IS_MINE.fullmatch(text)) and not _TO_YOU.search(text):
        favorite = _FAVORITE.fullmatch(mine["role"])
        yield f"My {mine['role']} is {mine['what']}" if favorite else text
    elif _is_lasting(text) or (on_request and len(text.split()) > 2):
        yield text


def _without_preamble(clause: str) -> tuple[str, bool]:
    """The clause without its opening words, and whether they ask to keep it."""
    text, on_request = clause.strip(" ,;:-"), False
    for _ in range(4):
        match = _REMEMBER.match(text)
        on_request = on_request or match is not None
        match = match or _PREAMBLE.match(text)
        if match is None:
            break
        text = text[match.end() :].lstrip()
    return text, on_request


def _is_lasting(text: str) -> bool:
    words = text.lower().split()
    if len(words) < 2 or _TO_YOU.search(text) or _PASSING.match(text):
        return False
    if words[0] in ("my", "our"):
        return _VERB.match(text) is not None
    if words[0] not in ("i", "we"):
        return False
    verb = next((word for word in words[1:] if not is_adverb(word)), "")
    if verb in ("will", "shall") or text.lower().startswith(("i am going to", "we are going to")):
        return _PLANNED.search(text) is not None
    return verb[:1].isalpha() and len(words) > 2 - (verb.endswith(("ed", "e")) or len(verb) > 2)


def _is_name(name: str) -> bool:
    words = name.lower().split()
    return not any(word in _PEOPLES or word.endswith("ing") for word in words)


def _that(what: str) -> str:
    spelt = spell_out(what)
    return (
        f"that {spelt}" if spelt.lower().startswith(("i ", "we ")) or _VERB.match(spelt) else spelt
    )
