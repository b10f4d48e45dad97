"""A request in, the same request without its courtesies out."""

import re

_OPENING = re.compile(
    r"^\W*(?:(?:hello|hi|hey|please|kindly|thanks|ok|okay|so)\b[\s,.!]*"
    r"|(?:can|could|would|will) you\b(?: please)?(?: (?:also|quickly))?\s*"
    r"|i(?:'d| would|\u2019d) (?:like|love)(?: you)? to\s+|i (?:want|need)(?: you)? to\s+"
    r"|(?:search|look|google)(?: (?:the|on the))? ?(?:web|internet|online)? ?for\s+"
    r"|(?:look up|google)\s+)",
    re.IGNORECASE,
)
_CLOSING = re.compile(r"[\s,]*\b(?:please|thanks|thank you|for me)\b[\s.!]*$", re.IGNORECASE)
_MAX_LAYERS = 6
_TAIL = 40


def bare_request(text: str) -> str:
    bare = text.strip()
    for _ in range(_MAX_LAYERS):
        shorter = _OPENING.sub("", bare, count=1).strip()
        if not shorter or shorter == bare:
            break
        bare = shorter
    head, tail = bare[:-_TAIL], bare[-_TAIL:]
    return f"{head}{_CLOSING.sub('', tail)}" or bare
