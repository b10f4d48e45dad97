"""Regular expression in, a short text that matches it out.

Reads the part of the language that schemas use: literals, classes, groups, alternatives and
counts. Expressions are a stranger's, and run by RE2 alone, which never goes back in a text: its
time grows with the text, whatever the expression, and its memory is bounded.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import re2

_CLASSES = {"d": "0123456789", "w": "abcdefghij", "s": " ", "D": "abc", "W": "-", "S": "abc"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_ANY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-.,:/@"
_LONGEST_EXAMPLE = 4_000
_LONGEST_CANDIDATE = 80
_LONGEST_PATTERN = 1_000
_LARGEST_PROGRAM = 256 * 1024


def fitting(pattern: str, candidates: Iterable[str]) -> str | None:
    """The first candidate that the pattern accepts; none where RE2 cannot read it.

    It knows neither back-references nor looking around.
    """
    compiled = _compiled(pattern) if len(pattern) <= _LONGEST_PATTERN else None
    if compiled is None:
        return None
    return next(
        (c for c in candidates if len(c) <= _LONGEST_CANDIDATE and compiled.search(c)), None
    )


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.max_mem = _LARGEST_PROGRAM
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error:
        return None


def example(pattern: str) -> str:
    """A text made to match; for what this reader cannot follow, its best attempt."""
    return _Maker(pattern[:_LONGEST_PATTERN]).alternatives()


class _Maker:
    """A recursive descent over the expression; takes the first alternative and the least count."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def alternatives(self, depth: int = 0) -> str:
        first: str | None = None
        while True:
            made = self._sequence(depth)
            first = made if first is None else first
            if self._next() != "|":
                return first
            self._at += 1

    def _next(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _sequence(self, depth: int) -> str:
        made: list[str] = []
        while (char := self._next()) and char not in "|)":
            atom = self._atom(depth)
            made.append(self._repeated(atom))
        return "".join(made)[:_LONGEST_EXAMPLE]

    def _atom(self, depth: int) -> str:
        char = self._next()
        self._at += 1
        if char == "[":
            return self._class()
        if char == "\\":
            return self._escape()
        if char == "(":
            return self._group(depth)
        if char in "^$":
            return ""
        return "a" if char == "." else char

    def _group(self, depth: int) -> str:
        look = re.compile(r"\?(?:[:=!]|<[=!]|P?<\w+>)").match(self._pattern, self._at)
        silent = False
        if look:
            silent = look.group()[1:] in ("=", "!", "<=", "<!")
            self._at = look.end()
        inner = self.alternatives(depth + 1) if depth < 20 else ""
        self._at += 1
        return "" if silent else inner

    def _escape(self) -> str:
        char = self._next()
        self._at += 1
        if char in "bBAZ":
            return ""
        return _CLASSES[char][0] if char in _CLASSES else _ESCAPES.get(char, char)

    def _class(self) -> str:
        negated = self._next() == "^"
        self._at += negated
        members: list[str] = []
        while (char := self._next()) and (char != "]" or not members):
            self._at += 1
            if char == "\\":
                escaped = self._next()
                self._at += 1
                members.append(_CLASSES.get(escaped, _ESCAPES.get(escaped, escaped)))
            else:
                members.append(char)
            if self._next() == "-" and self._pattern[self._at + 1 : self._at + 2] not in ("]", ""):
                last = self._pattern[self._at + 1]
                self._at += 2
                members[-1] += _range(members[-1][-1:], last)
        self._at += 1
        inside = "".join(members)
        if negated:
            return next((char for char in _ANY if char not in inside), "~")
        return inside[:1]

    def _repeated(self, atom: str) -> str:
        count = re.compile(r"[*+?]|\{(\d+)?(?:,\d*)?\}").match(self._pattern, self._at)
        if not count:
            return atom
        self._at = count.end()
        if self._next() in ("?", "+"):
            self._at += 1
        if count.group() == "+":
            return atom
        # Counts multiply where groups are nested: what is made is bounded, not each of them.
        wanted = int((count.group(1) or "0")[:9])
        return atom * min(wanted, _LONGEST_EXAMPLE // max(len(atom), 1))


def _range(first: str, last: str) -> str:
    return "".join(chr(code) for code in range(ord(first or last) + 1, min(ord(last), 0x2FF) + 1))
