"""A message in, a short reply that names what was written out; honest about who is speaking."""

import re

from pegboard.english.words import excerpt, within_reach, words

_GREETING = re.compile(r"^\W*(hello|hi|hey|good (?:morning|afternoon|evening)|greetings)\b", re.I)
_THANKS = re.compile(r"^\W*(?:many )?(?:thanks|thank you)\b", re.IGNORECASE)
_FAREWELL = re.compile(r"^\W*(?:good)?(?:bye|night)\b|^\W*see you\b", re.IGNORECASE)
_STATEMENT = re.compile(
    r"^\W*(?:i|i'm|i\u2019m|i've|i\u2019ve|my|we|our|the|this|it|he|she|they|there)\b",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"\b(?:about|on)\s+(?:a |an |the )?([^.?!\n]{2,120})", re.IGNORECASE)
_OTHER_SIDE = {
    "i": "you",
    "me": "you",
    "my": "your",
    "mine": "yours",
    "myself": "yourself",
    "am": "are",
    "i'm": "you're",
    "i've": "you've",
    "i'd": "you'd",
    "i'll": "you'll",
}
_TURNED = re.compile(
    r"(?<![\w'])(?:i'm|i've|i'd|i'll|i|me|my|mine|myself|am)(?![\w'])", re.IGNORECASE
)
_GREETED_ONLY = 4
_WHO = "I am Pegboard's sandbox model: I run offline and make nothing up"


def small_talk(text: str) -> str:
    typed = within_reach(text).strip()
    if not typed:
        return f"Your message was empty. {_WHO}, so please write something for me to answer."
    greeting = _GREETING.match(typed)
    opening = f"{greeting.group(1).capitalize()}! " if greeting else ""
    if greeting and len(words(typed)) < _GREETED_ONLY:
        return f'{opening}You said "{excerpt(typed)}". {_WHO}; ask me something.'
    if _THANKS.match(typed):
        return f'You are welcome! You said "{excerpt(typed)}". {_WHO}.'
    if _FAREWELL.match(typed):
        return f'Goodbye! You said "{excerpt(typed)}". {_WHO}.'
    if _STATEMENT.match(typed) and not typed.endswith("?"):
        return (
            f"Thank you for telling me: {_turned(typed)} {_WHO}, but I can repeat what I am told."
        )
    return f"{opening}{_request(typed)}"


def _request(typed: str) -> str:
    request = _GREETING.sub("", typed).lstrip(" ,.!;:-\n") or typed
    about = _ABOUT.search(request)
    subject = f" The subject is {excerpt(about.group(1), 100).strip()}." if about else ""
    shown = excerpt(request)
    stop = "" if shown[-1:] in ".!?\u2026" else "."
    verb = "asked" if typed.rstrip().endswith("?") else "wrote"
    return (
        f'You {verb}: "{shown}"{stop}{subject} {_WHO}, so for a fuller answer please '
        "give me documents, memories or tools, or connect another model."
    )


def _turned(typed: str) -> str:
    """The statement from the other side: "my name" becomes "your name"."""
    shown = excerpt(typed).replace("\u2019", "'")
    turned = _TURNED.sub(lambda match: _OTHER_SIDE[match.group().lower()], shown)
    return turned if turned[-1:] in ".!?\u2026" else f"{turned}."
