"""Bytes in, text out, whatever the encoding."""

import codecs
import re
from collections.abc import Callable
from typing import BinaryIO, Final

from pegboard.documents.formats.faults import UnreadableFile

MOST_BYTES: Final = 64 * 1024 * 1024
_SAMPLE: Final = 1024 * 1024
_HIGH: Final = re.compile(rb"[\x80-\xff]+")
_BINARY: Final = "The file is not text"

# The marks of UTF-32 begin with those of UTF-16, so they are tried first.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS: Final = bytes(set(range(32)) - set(b"\t\n\r\f\b\x1b"))


def read_bytes(file: BinaryIO) -> bytes:
    """The whole file; refused when that alone would be more text than we take."""
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise UnreadableFile(f"The file holds more than {MOST_BYTES // 1024**2} MB of text")
    return data


def text_of(data: bytes, *, declared: Callable[[bytes], str | None] | None = None) -> str:
    """The text without byte order mark and NUL characters. `declared` finds the encoding that
    the file itself names; it is asked only when neither a mark nor UTF-8 settles it."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _clean(data.decode(encoding, errors="replace"))
    sample = data[:_SAMPLE]
    if wide := _wide(sample):
        return _clean(data.decode(wide, errors="replace"))
    if _is_binary(sample):
        raise UnreadableFile(_BINARY)
    try:
        return _clean(data.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    if declared and (name := declared(sample[:4096])) and (text := _decoded(data, name)):
        return _clean(text)
    return _clean(data.decode(_guess(sample), errors="replace"))


def _clean(text: str) -> str:
    return text.replace("\x00", "")


def _wide(sample: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark: western text shows NULs in fixed places."""
    if len(sample) < 4 or not sample.count(0):
        return None
    columns = [sample[start::4] for start in range(4)]
    empty = "".join("0" if column.count(0) * 10 > len(column) * 7 else "x" for column in columns)
    names = {"x000": "utf-32-le", "000x": "utf-32-be", "x0x0": "utf-16-le", "0x0x": "utf-16-be"}
    return names.get(empty)


def _is_binary(sample: bytes) -> bool:
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return controls * 50 > len(sample)


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding, errors="replace")
    except (LookupError, ValueError, TypeError):  # unknown, or a codec that is not for text
        return None


def _is_western(sample: bytes) -> bool:
    """Single accents among plain letters, where other scripts show runs of high bytes."""
    runs = _HIGH.findall(sample)
    return sum(map(len, runs)) < 2 * len(runs)


def _guess(sample: bytes) -> str:
    if _is_western(sample):
        return "cp1252"
    from charset_normalizer import from_bytes  # noqa: PLC0415  only where a guess is needed

    best = from_bytes(sample).best()
    if best is None:
        raise UnreadableFile(_BINARY)
    return best.encoding
