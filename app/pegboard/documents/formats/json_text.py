"""JSON and JSON lines as "path: value" lines; a list of objects becomes a line each.

A file that is not JSON is still text, and is read as such.
"""

import json
from collections.abc import Iterator
from typing import BinaryIO, Final, TypeAlias

from pegboard.documents.formats.decoding import read_bytes, text_of
from pegboard.documents.formats.sections import Section, packed

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

_DEEPEST: Final = 40


def read(file: BinaryIO, suffix: str) -> Iterator[Section]:
    text = text_of(read_bytes(file))
    if suffix == ".jsonl":
        yield from packed(_record(line) for line in text.splitlines() if line.strip())
        return
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):  # a number of 5,000 digits is a ValueError as well
        yield Section(text)
    else:
        yield from packed(_lines(value, "", 0))


def _record(line: str) -> str:
    try:
        return "; ".join(_lines(json.loads(line), "", 0))
    except (ValueError, RecursionError):
        return line


def _lines(value: Json, path: str, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        yield _line(path, json.dumps(value, ensure_ascii=False))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _lines(inner, f"{path}.{key}" if path else key, depth + 1)
    elif not isinstance(value, list):
        yield _line(path, _scalar(value))
    elif any(isinstance(inner, dict | list) for inner in value):
        for inner in value:
            yield _line(path, "; ".join(_lines(inner, "", depth + 1)))
    elif value:
        yield _line(path, ", ".join(map(_scalar, value)))


def _line(path: str, text: str) -> str:
    return f"{path}: {text}" if path else text


def _scalar(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)
