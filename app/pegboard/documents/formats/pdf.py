"""PDF, page by page. Pages that are only pictures are read by tesseract where it is installed."""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import pypdfium2 as pdfium  # type: ignore[import-untyped]

from pegboard.documents.formats import recognition
from pegboard.documents.formats.faults import DamagedFile, UnreadableFile
from pegboard.documents.formats.sections import Section

_MOST_PAGES: Final = 5_000
_MOST_SCANNED_PAGES: Final = 10
_MOST_PIXELS: Final = 12_000_000
_SCALE: Final = 200 / 72  # dots per inch that tesseract reads well, over those of a PDF
_BREAK: Final = re.compile("\r\n")
_PASSWORD_ERROR: Final = 4  # FPDF_ERR_PASSWORD in fpdfview.h


def read(file: BinaryIO, suffix: str) -> Iterator[Section]:
    document = _opened(file, suffix)
    count = len(document)
    if count > _MOST_PAGES:
        raise UnreadableFile(f"The PDF has more than {_MOST_PAGES:,} pages")
    with_text = readable = 0
    for number in range(count):
        try:
            page = document[number]
            text = _text_of(page)
            page.close()
        except pdfium.PdfiumError:
            continue  # one damaged page of many
        readable += 1
        if text:
            with_text += 1
            yield Section(text, place=f"page {number + 1}")
    if not readable:
        raise DamagedFile(suffix)
    if not with_text:
        yield from _recognised(document)


def _opened(file: BinaryIO, suffix: str) -> Any:
    try:
        return pdfium.PdfDocument(file)
    except pdfium.PdfiumError as error:
        if error.err_code == _PASSWORD_ERROR:
            raise UnreadableFile("The PDF is encrypted") from error
        raise DamagedFile(suffix, detail=str(error)) from error


def _text_of(page: Any) -> str:
    textpage = page.get_textpage()
    text: str = textpage.get_text_range()
    # Where every character has its one place, its box can be asked for.
    lines = _lines(textpage, text) if len(text) == textpage.count_chars() else text.splitlines()
    # U+FFFE stands where a word was divided at a line's end.
    joined = "\n".join(lines).replace("\ufffe\n", "").replace("\ufffe", "").strip()
    textpage.close()
    return joined


def _lines(textpage: Any, text: str) -> Iterator[str]:
    """PDFium begins a line wherever the pen jumps, so also between the cells of a table's row:
    what stands side by side becomes one line again."""
    held = ""
    start = 0
    for end in [match.start() for match in _BREAK.finditer(text)]:
        held += text[start:end]
        start = end + 2
        gap = _gap(textpage, end - 1, start) if end > 0 and start < len(text) else None
        if gap is None:
            yield held
            held = ""
        elif gap and not held.endswith(" "):
            held += " "
    yield held + text[start:]


def _gap(textpage: Any, before: int, after: int) -> bool | None:
    """Whether there is room between two characters of one line; None on different lines."""
    _, bottom, right, top = textpage.get_charbox(before)
    left, low, _, high = textpage.get_charbox(after)
    shared = min(top, high) - max(bottom, low)
    if shared * 2 < min(top - bottom, high - low) or left < right - 1:
        return None
    return bool(left - right > max(top - bottom, high - low) * 0.3)


def _recognised(document: Any) -> Iterator[Section]:
    if not recognition.is_installed():
        raise UnreadableFile(f"The PDF holds no text, only pictures. {recognition.NEEDED}")
    if len(document) > _MOST_SCANNED_PAGES:
        raise UnreadableFile(
            f"The PDF holds {len(document):,} pages of pictures without text; "
            f"at most {_MOST_SCANNED_PAGES} such pages are read"
        )
    for number, page in enumerate(document, start=1):
        if text := recognition.text_in(_picture_of(page)):
            yield Section(text, place=f"page {number}")


def _picture_of(page: Any) -> bytes:
    """The page as a portable graymap, which needs no imaging library to write."""
    points = page.get_width() * page.get_height()
    scale = min(_SCALE, (_MOST_PIXELS / max(points, 1)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True)
    pixels = memoryview(bitmap.buffer)
    rows = (
        bytes(pixels[start : start + bitmap.width])
        for start in range(0, bitmap.stride * bitmap.height, bitmap.stride)
    )
    return b"P5 %d %d 255\n" % (bitmap.width, bitmap.height) + b"".join(rows)
