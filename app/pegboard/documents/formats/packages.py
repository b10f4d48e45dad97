"""What a zip of Office parts must be before a parser may see it: of the right kind, and small
once it is inflated, whatever it says of itself."""

import re
import zipfile
import zlib
from typing import BinaryIO, Final

from pegboard.documents.formats.faults import DamagedFile, UnreadableFile
from pegboard.documents.formats.signatures import ARCHIVES, kind_of

_MOST_PARTS: Final = 10_000
_MOST_BYTES: Final = 256 * 1024 * 1024
_MOST_CLAIMED_CELLS: Final = 100_000_000
_MOST_GRID_CELLS: Final = 4_000_000
_CHUNK: Final = 1024 * 1024
_OVERLAP: Final = 128

_TOO_LARGE: Final = "The file expands to too much data"
_FOLDERS: Final = {
    "word": (".docx", "Word document"),
    "ppt": (".pptx", "PowerPoint presentation"),
    "xl": (".xlsx", "Excel workbook"),
}
_DECLARES: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_DIMENSION: Final = re.compile(rb"<(?:\w+:)?dimension[^>]*?\sref=[\"']([A-Z]+)(\d+):([A-Z]+)(\d+)")
_CELL: Final = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br=[\"']([A-Z]{1,7})\d+[\"']")
_ROW: Final = re.compile(rb"<(?:\w+:)?row[\s>]")


def check_package(file: BinaryIO, suffix: str) -> None:
    """Inflate everything once, a chunk at a time. Raises UnreadableFile."""
    try:
        with zipfile.ZipFile(file) as archive:
            _check_names(archive, suffix)
            left = _MOST_BYTES
            for part in archive.infolist():
                left -= _check_part(archive, part, left)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise DamagedFile(suffix, detail=repr(error)) from error
    finally:
        file.seek(0)


def _check_names(archive: zipfile.ZipFile, suffix: str) -> None:
    parts = archive.infolist()
    if len(parts) > _MOST_PARTS:
        raise UnreadableFile(f"The file has more than {_MOST_PARTS:,} parts")
    if sum(part.file_size for part in parts) > _MOST_BYTES:
        raise UnreadableFile(_TOO_LARGE)
    if any(part.flag_bits & 1 for part in parts):
        raise UnreadableFile("The document is encrypted")
    names = [part.filename for part in parts]
    folders = {name.partition("/")[0] for name in names}
    kinds = [kind for folder, kind in _FOLDERS.items() if folder in folders]
    if "[Content_Types].xml" not in names or suffix not in (kind[0] for kind in kinds):
        says = kinds[0][1] if kinds else "ZIP archive"
        raise UnreadableFile(f"The file is not a {suffix} file (its bytes say: {says})")


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, most: int) -> int:
    """The true size of a part."""
    if part.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise UnreadableFile("The file is compressed in a way that Office does not use")
    # A part may say that it is smaller than it is: read to where its data ends instead.
    part.file_size = most + 2 * _CHUNK
    is_xml = part.filename.lower().endswith((".xml", ".rels", ".vml"))
    sheet = _Sheet() if "/worksheets/" in part.filename else None
    size = 0
    tail = b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            if not size:
                _check_kind(part.filename, chunk)
            size += len(chunk)
            if size > most:
                raise UnreadableFile(_TOO_LARGE)
            if is_xml:
                tail = _check_xml(tail + chunk, sheet)
    if sheet:
        sheet.look(tail)
        sheet.check()
    return size


def _check_kind(name: str, head: bytes) -> None:
    """Charts carry their workbook with them; no other archive belongs into a document."""
    if "/embeddings/" not in name and kind_of(head) in ARCHIVES:
        raise UnreadableFile(f"The file holds another archive ({name})")


def _check_xml(window: bytes, sheet: "_Sheet | None") -> bytes:
    """Look through a window of XML; returns the end of it, to be seen with what follows."""
    # UTF-16 shows the same letters, with NULs between them.
    if _DECLARES.search(window.replace(b"\0", b"") if b"\0" in window else window):
        raise UnreadableFile("The file declares XML entities, which no Office program writes")
    if sheet is None:
        return window[-_OVERLAP:]
    cut = window.rfind(b"<")
    sheet.look(window[:cut] if cut > 0 else window)
    return window[cut:] if cut > 0 and len(window) - cut < _CHUNK else b""


class _Sheet:
    """Counts what is there: parsers make as many columns of every row as the widest has."""

    def __init__(self) -> None:
        self._rows = 0
        self._columns = 0

    def look(self, window: bytes) -> None:
        if claim := _DIMENSION.search(window):
            first, top, last, bottom = claim.groups()
            width = _column(last) - _column(first) + 1
            height = int(bottom[:12]) - int(top[:12]) + 1
            if width * height > _MOST_CLAIMED_CELLS:
                raise UnreadableFile(f"A sheet claims to have {width * height:,} cells")
        self._rows += sum(1 for _ in _ROW.finditer(window))
        letters = set(_CELL.findall(window))
        self._columns = max([self._columns, *map(_column, letters)])

    def check(self) -> None:
        if self._rows * self._columns > _MOST_GRID_CELLS:
            raise UnreadableFile(
                f"A sheet of {self._rows:,} rows and {self._columns:,} columns is too large"
            )


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
