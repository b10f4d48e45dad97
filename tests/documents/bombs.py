"""Files made to harm whoever reads them: small, and costly in memory, time or text."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from typing import Final

from tests.documents import made_files as made

MB: Final = 1024 * 1024


@cache
def zip_bomb() -> bytes:
    """One part of 300 MB, which deflates to 300 KB."""
    parts = made.word_parts(made.paragraph("hello"))
    return _with_large_part(made.zipped(parts), "word/media/image.bmp", 300 * MB)


def zip_bomb_that_lies() -> bytes:
    """The same, but its directory says that the part has ten bytes."""
    data = bytearray(zip_bomb())
    honest = struct.pack("<I", 300 * MB)
    while (place := data.find(honest)) >= 0:
        data[place : place + 4] = struct.pack("<I", 10)
    return bytes(data)


def zip_of_zips() -> bytes:
    inner = made.zipped({"a.bin": bytes(MB)})
    for _ in range(5):
        inner = made.zipped({f"{number}.zip": inner for number in range(10)})
    return made.zipped(made.word_parts(made.paragraph("hello")) | {"word/media/more.zip": inner})


def zip_renamed() -> bytes:
    return made.zipped({"inner.zip": made.zipped({"a.txt": "hello"})})


def zip_of_many_parts() -> bytes:
    empty: dict[str, str | bytes] = {f"word/{number}.txt": b"" for number in range(20_000)}
    return made.zipped(made.word_parts(made.paragraph("hello")) | empty)


_LAUGHS: Final = (
    '<!DOCTYPE lolz [<!ENTITY l0 "lol">'
    + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    + "]>"
)


def billion_laughs() -> bytes:
    return f'<?xml version="1.0"?>{_LAUGHS}<lolz>&l9;</lolz>'.encode()


def billion_laughs_in_utf_16() -> bytes:
    return f'<?xml version="1.0" encoding="utf-16"?>{_LAUGHS}<lolz>&l9;</lolz>'.encode("utf-16")


def billion_laughs_in_word() -> bytes:
    return made.zipped(made.word_parts(made.paragraph("&l9;"), prologue=_LAUGHS))


def external_entity() -> bytes:
    return b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


def sheet_of_claims() -> bytes:
    """One cell, and the claim that there are 17 billion."""
    return made.xlsx(S='<dimension ref="A1:XFD1048576"/>' + made.cells(["x"]))


def sheet_of_wide_rows() -> bytes:
    """A cell in the last column of each of 100,000 rows: 1.6 billion cells if filled up."""
    rows = "".join(f'<row r="{n}">{made.cell(f"XFD{n}", "x")}</row>' for n in range(1, 100_001))
    return made.xlsx(S=f"<sheetData>{rows}</sheetData>")


def sheet_of_text() -> bytes:
    """40 MB of text in one shared word."""
    word = "word " * 200_000
    return made.xlsx(S=made.cells(*([word] for _ in range(40))))


def pdf_of_chained_filters() -> bytes:
    """Text that was deflated three times over: a few KB that become 650 MB."""
    deflate = zlib.compressobj(1)
    line = b"BT /F1 12 Tf (hello) Tj ET\n" * 40_000
    data = b"".join(deflate.compress(line) for _ in range(600)) + deflate.flush()
    for _ in range(2):
        data = zlib.compress(data)
    objects = made.pdf_pages("x")
    objects[4] = made.stream(data, b"/Filter [/FlateDecode /FlateDecode /FlateDecode]")
    return made.pdf(*objects)


def pdf_page_tree_loop() -> bytes:
    return made.pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1000 >>",
        b"<< /Type /Pages /Parent 2 0 R /Kids [2 0 R 3 0 R] /Count 1000 >>",
    )


def pdf_of_too_many_pages() -> bytes:
    """One page, six thousand times."""
    return made.pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count 6000 >>" % (b"3 0 R " * 6000),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
    )


def pdf_form_loop() -> bytes:
    """Forms that draw one another, ten times each."""
    objects = made.pdf_pages("x")
    forms = len(objects) + 1
    objects[3] = objects[3].replace(
        b"/Resources <<", b"/Resources << /XObject << /X %d 0 R >>" % forms
    )
    objects[4] = made.stream(b"/X Do")
    for number in range(12):
        below = forms + (number + 1) % 12
        objects.append(
            made.stream(
                b"/X Do " * 10,
                b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] "
                b"/Resources << /XObject << /X %d 0 R >> >>" % below,
            )
        )
    return made.pdf(*objects)


def pdf_encrypted() -> bytes:
    secret = b"<" + b"ab" * 32 + b">"
    return made.pdf(
        *made.pdf_pages("secret"),
        b"<< /Filter /Standard /V 1 /R 2 /P -44 /O %s /U %s >>" % (secret, secret),
        trailer=b"/Root 1 0 R /Encrypt 6 0 R /ID [<00> <00>]",
    )


def pdf_truncated() -> bytes:
    return made.pdf(*made.pdf_pages("hello"))[:60]


def pdf_of_nested_arrays() -> bytes:
    return made.pdf(b"[" * 200_000)


def docx_encrypted() -> bytes:
    """How Office keeps a document with a password: as an older Office file around it."""
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage\0".encode("utf-16-le")
    )


def docx_truncated() -> bytes:
    data = made.docx(made.paragraph("hello"))
    return data[: len(data) // 2]


def docx_nested() -> bytes:
    """Tables in tables in tables."""
    depth = 30_000
    return made.docx("<w:tbl><w:tr><w:tc>" * depth + "</w:tc></w:tr></w:tbl>" * depth)


def docx_marked_as_encrypted() -> bytes:
    buffer = io.BytesIO(made.docx(made.paragraph("hello")))
    with zipfile.ZipFile(buffer, "a") as archive:
        for part in archive.filelist:
            part.flag_bits |= 1
        archive.writestr("x", "x")
    return buffer.getvalue()


def text_without_end() -> bytes:
    return b"the same words again and again\n" * 800_000


def page_of_much_work() -> bytes:
    """Takes a few seconds, and holds no text in the end."""
    return b"<html><body>" + b"<div><b><table>" * 200_000


def json_multiplied() -> bytes:
    """A path of 200 KB before each of 1,000 values."""
    return b'{"%s": {%s}}' % (b"k" * 200_000, b",".join(b'"%d": 1' % n for n in range(1000)))


def table_multiplied() -> bytes:
    """Columns whose names are said again in each of very many rows."""
    names = b",".join(b"n%078d" % n for n in range(400))
    return names + b"\n" + (b"1," * 399 + b"1\n") * 2_000


def picture_of_gigapixels() -> bytes:
    """Says that it is 60,000 pixels square."""
    data = bytearray(made.png([bytes(100)] * 100, 100))
    data[16:33] = header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0) + bytes(4)
    data[29:33] = struct.pack(">I", zlib.crc32(b"IHDR" + header[:13]))
    return bytes(data)


def compressed_program() -> bytes:
    return b"\x7fELF" + bytes(range(256)) * 40


def _with_large_part(data: bytes, name: str, size: int) -> bytes:
    buffer = io.BytesIO(data)
    with (
        zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open(name, "w") as part,
    ):
        for _ in range(size // MB):
            part.write(bytes(MB))
    return buffer.getvalue()


BOMBS: Final[dict[Callable[[], bytes], tuple[str, str]]] = {
    zip_bomb: (".docx", "The file expands to too much data"),
    zip_bomb_that_lies: (".docx", "The file expands to too much data"),
    zip_of_zips: (".docx", "The file holds another archive (word/media/more.zip)"),
    zip_renamed: (".docx", "The file is not a .docx file (its bytes say: ZIP archive)"),
    zip_of_many_parts: (".docx", "The file has more than 10,000 parts"),
    billion_laughs: (".xml", "The XML declares a document type of its own, which is not read"),
    billion_laughs_in_utf_16: (
        ".xml",
        "The XML declares a document type of its own, which is not read",
    ),
    billion_laughs_in_word: (
        ".docx",
        "The file declares XML entities, which no Office program writes",
    ),
    external_entity: (".xml", "The XML declares a document type of its own, which is not read"),
    sheet_of_claims: (".xlsx", "A sheet claims to have 17,179,869,184 cells"),
    sheet_of_wide_rows: (".xlsx", "A sheet of 100,000 rows and 16,384 columns is too large"),
    sheet_of_text: (".xlsx", "The file holds too much text (more than 20 MB)"),
    pdf_of_chained_filters: (".pdf", "The file is damaged, or takes too much memory to read"),
    pdf_page_tree_loop: (".pdf", "The .pdf file is damaged or incomplete"),
    pdf_of_too_many_pages: (".pdf", "The PDF has more than 5,000 pages"),
    pdf_form_loop: (".pdf", "The file is damaged, or takes too much memory to read"),
    pdf_encrypted: (".pdf", "The PDF is encrypted"),
    pdf_truncated: (".pdf", "The .pdf file is damaged or incomplete"),
    pdf_of_nested_arrays: (".pdf", "The .pdf file is damaged or incomplete"),
    docx_encrypted: (".docx", "The document is encrypted"),
    docx_truncated: (".docx", "The .docx file is damaged or incomplete"),
    docx_nested: (".docx", "The file is nested too deeply"),
    docx_marked_as_encrypted: (".docx", "The document is encrypted"),
    text_without_end: (".txt", "The file holds too much text (more than 20 MB)"),
    json_multiplied: (".json", "The file holds too much text (more than 20 MB)"),
    table_multiplied: (".csv", "The file holds too much text (more than 20 MB)"),
    compressed_program: (".py", "The file is not a .py file (its bytes say: program)"),
    bytes: (".pdf", "The file is empty"),
}
