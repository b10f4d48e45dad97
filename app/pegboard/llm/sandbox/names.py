"""Text in, the names it mentions out, each with the preposition before it and its list.

"from Paris to Rome" is two mentions; "in Paris, Oslo and Rome" is one with three items. Names
are known by capitals, or by standing after a preposition.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pegboard.english.words import STOP_WORDS, word_set

PREPOSITIONS = word_set(
    """in for at to from of near with about on into between by around called named titled as
    via using"""
)
_ARTICLES = word_set("the a an my our your their his her this that")
_PARTICLES = word_set("of de la le da del di du von van der den el al the")
_JOINTS = frozenset(("and", "or", "&", "und", "et", "y"))
_NOT_NAMES = word_set(
    """today tonight tomorrow yesterday morning afternoon evening night now later noon midnight
    week month year day hour minute second moment me us it them him celsius fahrenheit
    kelvin metric imperial degrees here there detail short example general total order
    advance please monday tuesday wednesday thursday friday saturday sunday"""
)
# Words that open a sentence with a capital and name nobody.
_OPENERS = word_set(
    """add ask book build buy calculate call cancel change check compare compute convert count
    create define delete describe draft draw email explain fetch fill find finish generate
    get google help list look make mail message move multiply name open order pay place plan
    play post print put rate read record remember remind remove rename repeat reply report
    reserve return run save schedule search sell send set share sort start stop store stream
    subtract sum summarise summarize swap take text translate try turn update upload use
    wait watch weather what's who's where's how's when's that's it's i i'm i've i'd i'll
    welcome write great good nice sure sorry"""
)
_TOKEN = re.compile(r"[^\s,;:!?()\"“”«»]+|[,;:!?()\"“”«»]")
_EDGES = ".'\u2019\u2018*_`[]{}<>"
_MAX_LOWER = 3
_MAX_ITEMS = 20


@dataclass(frozen=True, slots=True)
class Mention:
    """Names in one list and where the list stands; `preposition` is "" where none comes before."""

    preposition: str
    items: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    opens: bool

    @property
    def core(self) -> str:
        return re.sub(r"['\u2019]s$", "", self.text.strip(_EDGES))

    @property
    def end(self) -> int:
        return self.start + len(self.text.rstrip(_EDGES))

    @property
    def ends_sentence(self) -> bool:
        return self.text.endswith(".") and len(self.core) > 2

    @property
    def capital(self) -> bool:
        core = self.core
        if not core or not core[0].isupper() or core.lower() in ("i", "i'm", "i\u2019m"):
            return False
        ordinary = core.lower() in STOP_WORDS or core.lower() in _OPENERS
        return not (ordinary and (self.opens or core.lower() in STOP_WORDS))

    @property
    def plain(self) -> bool:
        """A word that could be part of a name written small."""
        low = self.core.lower()
        return bool(low) and low not in STOP_WORDS | _NOT_NAMES | PREPOSITIONS | _JOINTS


def read_names(text: str) -> tuple[Mention, ...]:
    return tuple(_Reader(list(_tokens(text))).mentions())


def _tokens(text: str) -> Iterator[_Token]:
    opens = True
    for match in _TOKEN.finditer(text):
        token = _Token(match.group(), match.start(), opens)
        yield token
        opens = token.text in '!?:;"“' or token.ends_sentence


class _Reader:
    """One pass over the tokens; `_at` is the next one to look at."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def mentions(self) -> Iterator[Mention]:
        while (token := self._peek()) is not None:
            if token.core.lower() in PREPOSITIONS:
                self._at += 1
                if mention := self._listed(token.core.lower()):
                    yield mention
            elif token.capital:
                if mention := self._listed(""):
                    yield mention
            else:
                self._at += 1

    def _peek(self, ahead: int = 0) -> _Token | None:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else None

    def _listed(self, preposition: str) -> Mention | None:
        while (token := self._peek()) and token.core.lower() in _ARTICLES:
            self._at += 1
        first = self._peek()
        if first is None:
            return None
        capital = first.capital
        items = [self._phrase(capital, titled=preposition in ("called", "titled"))]
        if not items[0]:
            return None
        commas, joined = 0, False
        while len(items) < _MAX_ITEMS and (further := self._further(capital, preposition)):
            separator, item = further
            if separator == "," and re.fullmatch(r"[A-Z]{2}", item):
                items[-1] = f"{items[-1]}, {item}"
                continue
            commas += separator == ","
            joined = joined or separator != ","
            items.append(item)
        if len(items) == 2 and commas == 1 and not joined:
            items = [", ".join(items)]  # "Paris, France" is one place, not a list
        return Mention(preposition, tuple(items), first.start, self._tokens[self._at - 1].end)

    def _phrase(self, capital: bool, *, titled: bool = False) -> str:
        """The name at hand; a title goes on in small words ("called Buy milk")."""
        parts: list[str] = []
        while (token := self._peek()) is not None:
            if capital:
                after = self._peek(1)
                linked = bool(parts) and token.core in _PARTICLES and after and after.capital
                if not (token.capital or linked or (titled and parts and token.plain)):
                    break
            elif not token.plain or len(parts) == _MAX_LOWER or token.capital or not _wordy(token):
                break
            parts.append(token.core)
            self._at += 1
            if token.ends_sentence or re.search(r"['\u2019]s$", token.text):
                break
        return " ".join(parts)

    def _further(self, capital: bool, preposition: str) -> tuple[str, str] | None:
        """The separator and the next item of the list, or None with nothing consumed."""
        begun = self._at
        if begun and self._tokens[begun - 1].ends_sentence:
            return None
        separator = ""
        while (token := self._peek()) and (token.text == "," or token.core.lower() in _JOINTS):
            separator = token.text
            self._at += 1
        while separator and (token := self._peek()) and token.core.lower() in {preposition, "the"}:
            self._at += 1
        token = self._peek()
        if separator and token and token.capital == capital and (item := self._phrase(capital)):
            rest = self._peek()
            closed = rest is None or rest.text in ",;:!?()" or rest.core.lower() in _JOINTS
            if capital or (
                (closed or self._tokens[self._at - 1].ends_sentence) and " " not in item
            ):
                return separator, item
        self._at = begun
        return None


def _wordy(token: _Token) -> bool:
    return token.core[0].isalpha() or "@" in token.core
