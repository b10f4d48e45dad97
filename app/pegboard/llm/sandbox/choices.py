"""Options and a text in, the options that the text mentions out; yes and no likewise."""

import re
from collections.abc import Sequence
from typing import Any

from pegboard.english.words import STOP_WORDS, name_stems, stem, word_set, words
from pegboard.llm.sandbox.mentions import Mentions

_ALIASES = {
    "celsius": ("centigrade", "°c"),
    "fahrenheit": ("°f",),
    "metric": ("celsius", "centigrade", "kilometers", "kilometres"),
    "imperial": ("fahrenheit", "miles"),
    "c": ("celsius", "centigrade"),
    "f": ("fahrenheit",),
}
_NEGATORS = word_set("without no not don t never exclude disable skip omit off")
_SWITCH_ON = word_set("on enable activate yes true")
_SWITCH_OFF = word_set("off disable deactivate no false")
_SWITCHES = word_set("on enabl activ power")
_LEADING = word_set("is ha have includ with enabl us should allow can wa want")
_MAX_OPTIONS = 500
_NEGATOR_REACH = 3


def mentioned(options: Sequence[Any], mentions: Mentions) -> list[Any]:
    """The options in the order of the text; of overlapping ones the longest."""
    low = mentions.text.lower()
    hits: list[tuple[int, int, Any]] = []
    for option in options[:_MAX_OPTIONS]:
        if isinstance(option, bool) or option is None:
            continue
        if isinstance(option, int | float):
            spans = [(n.start, n.end) for n in mentions.numbers if n.value == option][:1]
        else:
            spans = _spans(str(option), mentions.text, low)
        hits += [(start, -end, option) for start, end in spans]
    chosen: list[Any] = []
    reached = -1
    for start, minus_end, option in sorted(hits, key=lambda hit: hit[:2]):
        if start >= reached and option not in chosen:
            chosen.append(option)
            reached = -minus_end
    return chosen


def is_wanted(name: str, description: str, mentions: Mentions) -> bool | None:
    """Whether the text asks for the property or refuses it; None where it does not speak of it."""
    spoken = words(mentions.text)
    own = {part for part in name_stems(name) if part not in _LEADING | STOP_WORDS}
    for at, word in enumerate(spoken):
        if stem(word) in own:
            return not _NEGATORS.intersection(spoken[max(0, at - _NEGATOR_REACH) : at])
    if _SWITCHES.intersection(name_stems(name)):
        if _SWITCH_OFF.intersection(spoken):
            return False
        if _SWITCH_ON.intersection(spoken):
            return True
    return None


def _spans(option: str, text: str, low: str) -> list[tuple[int, int]]:
    """The option's first place in the text, by itself or by another name for it."""
    if len(option) > 100 or not option.strip():
        return []
    spoken = re.sub(r"[_-]+", " ", option.lower()).strip()
    if len(spoken) > 1 and (place := _place(spoken, low)):
        return [place]
    if len(option) == 1 and (
        exact := re.search(rf"(?<!\w){re.escape(option)}(?![\w'\u2019])", text)
    ):
        return [] if option in ("a", "A", "I") else [exact.span()]
    hits = (_place(alias, low) for alias in _ALIASES.get(spoken, ()))
    return [hit for hit in hits if hit][:1]


def _place(spoken: str, low: str) -> tuple[int, int] | None:
    pattern = r"[\s_-]+".join(re.escape(part) for part in spoken.split())
    hit = re.search(rf"(?<!\w){pattern}(?:e?s)?(?!\w)", low)
    return hit.span() if hit else None
