"""UUIDs as OpenAI writes ids: a prefix, and a body of letters and digits.

Some columns hold ids so; their codecs and that API's shapes are who reads and writes them.

Clients pull ids out of error texts with patterns like `thread_([a-zA-Z0-9]+)`, so no body holds
anything else. 24 characters of base 62 hold 128 bits with room to spare.
"""

import re
from enum import StrEnum
from typing import Final
from uuid import UUID

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES: Final = {character: value for value, character in enumerate(_ALPHABET)}
_LENGTH: Final = 24
_LARGEST: Final = 2**128


class Prefix(StrEnum):
    ASSISTANT = "asst_"
    THREAD = "thread_"
    MESSAGE = "msg_"
    RUN = "run_"
    STEP = "step_"
    FILE = "file-"
    VECTOR_STORE = "vs_"
    FILE_BATCH = "vsfb_"


SHAPE: Final = re.compile(f"({'|'.join(Prefix)})[A-Za-z0-9]{{1,64}}", re.ASCII)
"""What any server's ids look like; OpenAI's own bodies have 22 to 32 characters."""


def prefix_of(text: str) -> Prefix | None:
    """How an id begins; None for a text that is no id of any server."""
    match = SHAPE.fullmatch(text)
    return None if match is None else Prefix(match[1])


def public_id(prefix: Prefix, value: UUID) -> str:
    rest = value.int
    characters = []
    for _ in range(_LENGTH):
        rest, digit = divmod(rest, 62)
        characters.append(_ALPHABET[digit])
    return prefix + "".join(reversed(characters))


def uuid_of(prefix: Prefix, text: str) -> UUID | None:
    """The UUID behind an id; None for a text that is no id of this kind."""
    body = text.removeprefix(prefix)
    if body == text or len(body) != _LENGTH or not _VALUES.keys() >= set(body):
        return None
    number = 0
    for character in body:
        number = number * 62 + _VALUES[character]
    return UUID(int=number) if number < _LARGEST else None
