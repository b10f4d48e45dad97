"""Whether an image is all there, as far as its own format shows.

What reads text in images takes a part of one for the whole, and reads words into the noise that
follows it. Each format says where it ends; what stands beyond that is nobody's concern. What is
damaged in another way is for the reader to refuse.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Final

from pegboard.documents.formats.faults import UnreadableFile
from pegboard.documents.formats.signatures import kind_of

CUT_OFF: Final = "The image is cut off: a part of it is missing"

_SCAN, _END, _RESTARTS = 0xDA, 0xD9, range(0xD0, 0xD8)  # JPEG's markers: SOS, EOI, RST0 to RST7
_STRIPS, _TILES = (273, 279), (324, 325)  # TIFF's tags of offsets and byte counts
_NUMBERS: Final = {3: "H", 4: "I", 16: "Q"}
_MOST_PAGES: Final = 1_000


def check_whole(data: bytes) -> None:
    """Raise UnreadableFile for an image that ends before its end."""
    is_whole = _FORMATS.get(kind_of(data[:1024]) or "")
    try:
        whole = is_whole is None or is_whole(data)
    except (struct.error, IndexError):  # read beyond the end
        whole = False
    if not whole:
        raise UnreadableFile(CUT_OFF)


def _png(data: bytes) -> bool:
    at = 8
    while data[at + 4 : at + 8] != b"IEND":
        at += 12 + struct.unpack_from(">I", data, at)[0]
    return True


def _jpeg(data: bytes) -> bool:
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker == _SCAN:
            # A byte of 255 in the picture itself is followed by 0, so that no end stands in it.
            return data.find(bytes((0xFF, _END)), at) >= 0
        if marker == 0xFF:  # padding
            at += 1
        elif marker in _RESTARTS:
            at += 2
        else:
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return True  # no JPEG as we know them: for the reader to say


def _gif(data: bytes) -> bool:
    at = 13 + _colours(data[10])
    while data[at] != 0x3B:
        if data[at] == 0x2C:
            at += 11 + _colours(data[at + 9])  # and the byte before the blocks
        elif data[at] == 0x21:
            at += 2
        else:
            return True
        while data[at]:
            at += 1 + data[at]
        at += 1
    return True


def _colours(flags: int) -> int:
    """Bytes of the colour table that the flags announce."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _bmp(data: bytes) -> bool:
    numbers: tuple[int, ...] = struct.unpack_from("<10xI4xii2xHI", data)
    start, width, height, bits, packing = numbers
    if packing not in {0, 3}:
        return len(data) > start
    row = (width * bits + 31) // 32 * 4
    return len(data) >= start + row * abs(height)


def _webp(data: bytes) -> bool:
    return len(data) >= 8 + int(struct.unpack_from("<I", data, 4)[0])


def _tiff(data: bytes) -> bool:
    order = "<" if data[:2] == b"II" else ">"
    pages, at = 0, struct.unpack_from(f"{order}I", data, 4)[0]
    while at and pages < _MOST_PAGES:
        (count,) = struct.unpack_from(f"{order}H", data, at)
        tags = {
            tag: (kind, number, at + 2 + 12 * entry + 8)
            for entry in range(count)
            for tag, kind, number in [struct.unpack_from(f"{order}HHI", data, at + 2 + 12 * entry)]
        }
        for offsets, lengths in (_STRIPS, _TILES):
            if offsets in tags and lengths in tags:
                places = _values(data, order, *tags[offsets])
                sizes = _values(data, order, *tags[lengths])
                if any(
                    place + size > len(data) for place, size in zip(places, sizes, strict=False)
                ):
                    return False
        at = struct.unpack_from(f"{order}I", data, at + 2 + 12 * count)[0]
        pages += 1
    return True


def _values(data: bytes, order: str, kind: int, number: int, at: int) -> Iterator[int]:
    """The numbers of one tag, which stand in it or, where they are many, elsewhere."""
    code = _NUMBERS.get(kind)
    if code is None:
        return
    size = struct.calcsize(code)
    start = at if size * number <= 4 else struct.unpack_from(f"{order}I", data, at)[0]
    for index in range(number):
        yield struct.unpack_from(f"{order}{code}", data, start + size * index)[0]


_FORMATS: Final[dict[str, Callable[[bytes], bool]]] = {
    "BMP": _bmp,
    "GIF": _gif,
    "JPEG": _jpeg,
    "PNG": _png,
    "TIFF": _tiff,
    "WebP": _webp,
}
