"""Images that end before their end are refused; no other bytes are a fault of ours."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pegboard.documents.formats.faults import UnreadableFile
from pegboard.documents.formats.whole_images import CUT_OFF, check_whole
from tests.documents import made_files as made

_PICTURE = bytes(range(64))


def tiff(order: str) -> bytes:
    """Eight by eight grey pixels in two strips, after the directory that tells of them."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    places = 8 + 2 + 12 * 2 + 4
    strips = places + 16
    entries = [(273, 4, 2, places), (279, 4, 2, places + 8)]
    directory = struct.pack(f"{order}H", 2)
    directory += b"".join(struct.pack(f"{order}HHII", *entry) for entry in entries)
    directory += struct.pack(f"{order}I", 0)
    return head + directory + struct.pack(f"{order}4I", strips, strips + 32, 32, 32) + _PICTURE


def jpeg() -> bytes:
    """With a segment that holds a whole small picture, as cameras write it."""
    thumbnail = b"\xff\xd8\xff\xd9"
    segment = b"\xff\xe1" + struct.pack(">H", 2 + len(thumbnail)) + thumbnail
    return b"\xff\xd8" + segment + b"\xff\xda\x00\x02" + b"\x11\xff\x00\x22" * 8 + b"\xff\xd9"


def gif() -> bytes:
    colours = bytes(6)
    screen = struct.pack("<HHBBB", 8, 8, 0x80, 0, 0) + colours
    comment = b"\x21\xfe\x03abc\x00"
    image = b"\x2c" + struct.pack("<HHHHB", 0, 0, 8, 8, 0) + b"\x02" + b"\x04abcd\x00"
    return b"GIF89a" + screen + comment + image + b";"


def bmp() -> bytes:
    return (
        b"BM"
        + struct.pack("<III", 54 + 64, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, 8, 8, 1, 8, 0, 64, 0, 0, 0, 0)
        + _PICTURE
    )


def webp() -> bytes:
    body = b"WEBPVP8 " + struct.pack("<I", 64) + _PICTURE
    return b"RIFF" + struct.pack("<I", len(body)) + body


IMAGES = {
    "bmp": bmp(),
    "gif": gif(),
    "jpeg": jpeg(),
    "png": made.png([bytes(8)] * 8, 8),
    "tiff": tiff("<"),
    "tiff of another order": tiff(">"),
    "webp": webp(),
}


@pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES)
def test_a_whole_image_is_let_through_whatever_follows_it(image: bytes) -> None:
    check_whole(image)
    check_whole(image + b"something else")


@pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES)
def test_an_image_that_is_cut_off_anywhere_is_refused(image: bytes) -> None:
    shortest = 12  # what tells an image from other files
    for end in range(shortest, len(image) - 8):
        with pytest.raises(UnreadableFile, match=CUT_OFF):
            check_whole(image[:end])


@given(some.sampled_from([*IMAGES.values()]), some.integers(0, 200), some.binary(max_size=20))
def test_damaged_images_are_let_through_or_refused(image: bytes, at: int, by: bytes) -> None:
    with suppress(UnreadableFile):
        check_whole(image[:at] + by + image[at + len(by) :])
