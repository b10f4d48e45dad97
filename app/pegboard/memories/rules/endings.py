"""Facts that say something is over, and which known fact they end."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pegboard.memories.facts import KnownFact
from pegboard.memories.rules.tools import TOOL_VERBS, is_about_tool
from pegboard.memories.rules.wording import wording

_FORGET: Final = re.compile(r"user (?:asked|asks|wants) to forget (?:that )?(?P<what>.+)", re.I)
_STOPPED: Final = re.compile(
    r"user (?:has |recently |just )*(?:stopped|quit|gave up|given up) (?P<what>\w+ing\b.*)", re.I
)
_NO_LONGER: Final = re.compile(r"\bno longer\b", re.I)
_ANY_MORE: Final = re.compile(r",? (?:any ?more|any longer)\b", re.I)
_SEVERAL: Final = re.compile(r",| and | or |&|/")


@dataclass(frozen=True, slots=True)
class Ending:
    """What is over. `on_request` where the user only wants it forgotten."""

    what: str
    on_request: bool


def read_ending(text: str) -> Ending | None:
    fact = text.strip(" .")
    if match := _FORGET.fullmatch(fact):
        return Ending(match["what"], on_request=True)
    if match := _STOPPED.fullmatch(fact):
        return Ending(match["what"], on_request=False)
    if _NO_LONGER.search(fact):
        return Ending(_NO_LONGER.sub("", fact), on_request=False)
    if _ANY_MORE.search(fact) and wording(fact).denied:
        positive = re.sub(r"\b(?:doesn't|don't|does not|not|isn't|can't)\b", "", fact)
        return Ending(_ANY_MORE.sub("", positive), on_request=False)
    return None


def ended(ending: Ending, nearest: Sequence[KnownFact]) -> KnownFact | None:
    """The nearest known fact that says what is over, and not much besides."""
    over = wording(ending.what)
    if not over.words:
        return None
    for one in nearest:
        old = wording(one.text)
        if old.denied != over.denied or read_ending(one.text):
            continue
        # "No longer likes tea" does not end "likes tea and coffee".
        if _SEVERAL.search(one.text) and not _SEVERAL.search(ending.what) and old != over:
            continue
        if set(over.words) <= set(old.words):
            return one
        tool = [word for word in over.words if word not in TOOL_VERBS]
        told_by_tool = 0 < len(tool) < len(over.words) and is_about_tool(one.text)
        if told_by_tool and set(tool) <= set(old.words):
            return one
    return None
