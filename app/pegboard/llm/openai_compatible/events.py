"""Bytes in, the data of server-sent events out, however the bytes are cut. Pure.

Only what chat completions use of the format is read: `data`. Names of events, ids and comments are
passed over; several lines of data in one event are one text.
"""

from collections.abc import Iterator
from typing import Final

LONGEST_EVENT: Final = 16 * 1024 * 1024
"""Bytes. No piece of an answer comes near it; a stream without an end of line would."""

_DATA: Final = b"data:"


class EventTooLong(Exception):
    """An event that does not end."""


class EventReader:
    """Feed it what arrives; it gives the data of each event that has come to its end."""

    __slots__ = ("_lines", "_rest")

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []

    def feed(self, received: bytes) -> Iterator[bytes]:
        """Raises EventTooLong."""
        text = self._rest + received if self._rest else received
        # Most often whole events: one line of data and an empty one each, ended by LF.
        begin = 0
        while (end := text.find(b"\n", begin)) >= 0:
            line = text[begin:end]
            begin = end + 1
            if line.endswith(b"\r"):
                line = line[:-1]
            if line.startswith(_DATA):
                self._lines.append(line[6:] if line[5:6] == b" " else line[5:])
            elif not line and self._lines:
                yield self._event()
        self._rest = text[begin:]
        if len(self._rest) > LONGEST_EVENT:
            raise EventTooLong

    def end(self) -> Iterator[bytes]:
        """What a stream that ends without an empty line has left."""
        yield from self.feed(b"\n")
        if self._lines:
            yield self._event()

    def _event(self) -> bytes:
        lines = self._lines
        data = lines[0] if len(lines) == 1 else b"\n".join(lines)
        lines.clear()
        return data
