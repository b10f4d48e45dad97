"""JSON lines in the order in which their objects were made, whatever order they stand in.

Lists stand newest first as often as not, and a model must not read a conversation backwards. So a
file is read twice: once to see what is in it, and again line by line in order. 40 bytes for each
line are kept of it in memory, and a hundred more while they are put in order.
"""

import hashlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, BinaryIO, Final

from pegboard.api.openai.originals.places import ids_in
from pegboard.operations.importing.kinds import ObjectKind
from pegboard.operations.importing.report import Counts, Skip
from pegboard.operations.progress import Progress, ignore_progress
from pegboard.originals.ids import Ticks
from pegboard.strict_json import BadJson, loads

_PIECE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Item:
    """One object of a dump. `tick` is its moment, and its place among all others of its kind.

    `ids` are all that stand in it, its own among them.
    """

    place: str
    original_id: str
    tick: int
    value: dict[str, Any]
    ids: frozenset[str]


def items_of(
    file: BinaryIO,
    kind: ObjectKind,
    counts: Counts,
    *,
    longest: int,
    progress: Progress = ignore_progress,
) -> Iterator[Item]:
    """The sound objects of a file, oldest first; all others are counted as skipped.

    `longest`: bytes of a line.
    """
    index = _indexed(file, kind, counts, longest)
    ticks = Ticks()
    for done, at in enumerate(index.order()):
        progress(kind.name, done, len(index.seconds))
        file.seek(index.offsets[at])
        place = f"{kind.list_name}:{index.numbers[at]}"
        try:
            value = _read(file.readline(longest + 1), longest)
            kind.check(value)
        except Skip as skip:  # somebody is writing to the file
            counts.skip(place, skip)
            continue
        for name in value.keys() - kind.fields:
            counts.ignore(name)
        tick = ticks.at(index.seconds[at])
        yield Item(place, value["id"], tick, value, frozenset(ids_in(value)))


class _Index:
    """Where each object stands, and when it was made."""

    def __init__(self) -> None:
        self.seconds = array("q")
        self.offsets = array("q")
        self.numbers = array("q")
        self.hashes = array("Q")
        self.risen = 0
        """How many more neighbours rise in time than fall."""

    def add(self, *, second: int, offset: int, number: int, original_id: str) -> None:
        digest = hashlib.blake2b(original_id.encode(), digest_size=8).digest()
        self.seconds.append(second)
        self.offsets.append(offset)
        self.numbers.append(number)
        self.hashes.append(int.from_bytes(digest, "big"))

    def again(self) -> list[int]:
        """The places in the index of objects that stood there before."""
        alike = sorted(range(len(self.hashes)), key=self.hashes.__getitem__)
        return sorted(
            later
            for earlier, later in pairwise(alike)
            if self.hashes[earlier] == self.hashes[later]
        )

    def order(self) -> Iterator[int]:
        """The places in the index by time; of one second's as they stand, or just the other way."""
        places = range(len(self.seconds))
        left_out = set(self.again())
        as_they_stand = places if self.risen >= 0 else reversed(places)
        ordered = array("q", sorted(as_they_stand, key=self.seconds.__getitem__))
        return (place for place in ordered if place not in left_out)


def _indexed(file: BinaryIO, kind: ObjectKind, counts: Counts, longest: int) -> _Index:
    index = _Index()
    before: tuple[Any, int] | None = None
    for number, offset, line in _raw_lines(file, longest):
        place = f"{kind.list_name}:{number}"
        try:
            value = _read(line, longest)
            kind.check(value)
        except Skip as skip:
            counts.skip(place, skip)
            continue
        second = value["created_at"]
        index.add(second=second, offset=offset, number=number, original_id=value["id"])
        group = value.get(kind.group) if kind.group else None
        if before is not None and before[0] == group:
            index.risen += (second > before[1]) - (second < before[1])
        before = (group, second)
    for at in index.again():
        counts.skip(f"{kind.list_name}:{index.numbers[at]}", Skip("stands there a second time"))
    return index


def _raw_lines(file: BinaryIO, longest: int) -> Iterator[tuple[int, int, bytes | None]]:
    """Number, place in the file, and the line itself, or None for one that is too long.

    Blank lines are passed over.
    """
    number = offset = 0
    while line := file.readline(longest + 1):
        number += 1
        start, offset = offset, offset + len(line)
        if len(line) > longest and not line.endswith(b"\n"):
            while piece := file.readline(_PIECE):
                offset += len(piece)
                if piece.endswith(b"\n"):
                    break
            yield number, start, None
        elif line.strip():
            yield number, start, line


def _read(line: bytes | None, longest: int) -> Any:
    if line is None:
        raise Skip(f"a line of more than {longest} bytes")
    try:
        return loads(line)
    except BadJson as error:
        raise Skip("not JSON that can be stored", error.problem) from error
