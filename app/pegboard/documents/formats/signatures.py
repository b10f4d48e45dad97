"""What the first bytes say a file is, compared with what its name says."""

from typing import BinaryIO, Final

from pegboard.documents.formats.faults import UnreadableFile

_HEAD: Final = 1024
_ZIP: Final = "ZIP archive"
_OLE: Final = "older Office file"
_RTF: Final = "RTF"
_IMAGES: Final = frozenset({"PNG", "JPEG", "GIF", "BMP", "TIFF", "WebP"})

_MARKS: Final = (
    (b"%PDF-", "PDF"),
    (b"PK\x03\x04", _ZIP),
    (b"PK\x05\x06", _ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLE),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"\x1f\x8b", "gzip archive"),
    (b"BZh91AY&SY", "bzip2 archive"),
    (b"\xfd7zXZ\x00", "xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "7z archive"),
    (b"Rar!\x1a\x07", "RAR archive"),
    (b"\x7fELF", "program"),
    (b"MZ\x90\x00", "program"),
    (b"{\\rtf", _RTF),
)
ARCHIVES: Final = frozenset(name for _, name in _MARKS if name.endswith("archive"))

# Streams that tell the older Office formats apart; their names stand in the file as UTF-16.
_STREAMS: Final = (
    ("EncryptedPackage", "encrypted Office file"),
    ("WordDocument", "Word document"),
    ("PowerPoint Document", "PowerPoint presentation"),
    ("Workbook", "Excel workbook"),
    ("Book", "Excel workbook"),
)
_OLE_KINDS: Final = {
    ".doc": "Word document",
    ".ppt": "PowerPoint presentation",
    ".xls": "Excel workbook",
}


def kind_of(head: bytes) -> str | None:
    """The kind of file that begins with these bytes; None for text and for the unknown."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[:2] == b"BM" and head[6:10] == bytes(4):  # two letters alone begin many a text
        return "BMP"
    return None


def check(file: BinaryIO, suffix: str) -> None:
    """Raise UnreadableFile unless the bytes are of the kind that the suffix names."""
    file.seek(0)
    head = file.read(_HEAD)
    kind = kind_of(head)
    match suffix:
        case ".pdf":
            fits = b"%PDF-" in head  # the standard lets other bytes stand before it
        case ".docx" | ".pptx" | ".xlsx":
            fits = kind == _ZIP
        case ".doc" | ".ppt" | ".xls":
            fits = kind == _OLE
        case ".png" | ".jpg" | ".jpeg" | ".webp" | ".gif" | ".bmp" | ".tiff" | ".tif":
            fits = kind in _IMAGES
        case _:
            fits = kind is None
    if kind == _RTF:
        raise UnreadableFile("The file is RTF, which is not read: save it as .docx, .pdf or .txt")
    if kind == _OLE:
        kind = _ole_kind(head + file.read())
        if kind == "encrypted Office file":
            raise UnreadableFile("The document is encrypted")
        fits = _OLE_KINDS.get(suffix) == kind
    file.seek(0)
    if not fits:
        raise UnreadableFile(
            f"The file is not a {suffix} file (its bytes say: {kind or 'nothing known'})"
        )


def _ole_kind(data: bytes) -> str:
    for name, kind in _STREAMS:
        if f"{name}\0".encode("utf-16-le") in data:
            return kind
    return _OLE
