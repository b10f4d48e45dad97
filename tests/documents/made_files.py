"""Small real files, written byte by byte, and the means to write strange ones."""

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence

_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_MAIN_TYPE = "application/vnd.openxmlformats-officedocument"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_SLIDE = "http://schemas.openxmlformats.org/presentationml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"


def zipped(parts: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _package(main: str, kind: str, parts: dict[str, str | bytes]) -> dict[str, str | bytes]:
    return {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
        f'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{main}" ContentType="{_MAIN_TYPE}.{kind}.main+xml"/></Types>',
        "_rels/.rels": _relations(("officeDocument", main)),
        **parts,
    }


def _relations(*targets: tuple[str, str]) -> str:
    lines = (
        f'<Relationship Id="r{number}" Type="{_OFFICE}/relationships/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}">{"".join(lines)}</Relationships>'


def word_parts(body: str, *, prologue: str = "") -> dict[str, str | bytes]:
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{level}"><w:name w:val="heading {level}"/>'
        f'<w:pPr><w:outlineLvl w:val="{level - 1}"/></w:pPr></w:style>'
        for level in (1, 2)
    )
    return _package(
        "word/document.xml",
        "wordprocessingml.document",
        {
            "word/document.xml": f'{prologue}<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body>'
            "</w:document>",
            "word/styles.xml": f'<w:styles xmlns:w="{_WORD}">{styles}</w:styles>',
            "word/_rels/document.xml.rels": _relations(("styles", "styles.xml")),
        },
    )


def paragraph(text: str, style: str = "") -> str:
    look = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{look}<w:r><w:t>{text}</w:t></w:r></w:p>"


def table(*rows: Sequence[str]) -> str:
    lines = (
        f"<w:tr>{''.join(f'<w:tc>{paragraph(cell)}</w:tc>' for cell in row)}</w:tr>" for row in rows
    )
    return f"<w:tbl>{''.join(lines)}</w:tbl>"


def docx(body: str) -> bytes:
    return zipped(word_parts(body))


def sheet_parts(**sheets: str) -> dict[str, str | bytes]:
    """Sheets by name, each with what stands inside its <worksheet>."""
    names = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"/>'
        for number, name in enumerate(sheets, start=1)
    )
    targets = [("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
    return _package(
        "xl/workbook.xml",
        "spreadsheetml.sheet",
        {
            "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}/relationships">'
            f"<sheets>{names}</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": _relations(*targets),
            **{
                f"xl/worksheets/sheet{number}.xml": f'<worksheet xmlns="{_SHEET}">{inside}'
                "</worksheet>"
                for number, inside in enumerate(sheets.values(), start=1)
            },
        },
    )


def cell(place: str, value: str | int) -> str:
    if isinstance(value, int):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'


def cells(*rows: Sequence[str | int]) -> str:
    lines = (
        f'<row r="{y}">{"".join(cell(f"{chr(65 + x)}{y}", v) for x, v in enumerate(row))}</row>'
        for y, row in enumerate(rows, start=1)
    )
    return f"<sheetData>{''.join(lines)}</sheetData>"


def xlsx(**sheets: str) -> bytes:
    return zipped(sheet_parts(**sheets))


def pptx(*slides: tuple[str, str]) -> bytes:
    """Slides of a title and a text."""
    numbers = range(1, len(slides) + 1)
    listed = "".join(f'<p:sldId id="{255 + n}" r:id="r{n}"/>' for n in numbers)
    space = f'xmlns:p="{_SLIDE}" xmlns:a="{_DRAWING}" xmlns:r="{_OFFICE}/relationships"'
    return zipped(
        _package(
            "ppt/presentation.xml",
            "presentationml.presentation",
            {
                "ppt/presentation.xml": f"<p:presentation {space}><p:sldIdLst>{listed}"
                "</p:sldIdLst></p:presentation>",
                "ppt/_rels/presentation.xml.rels": _relations(
                    *(("slide", f"slides/slide{n}.xml") for n in numbers)
                ),
                **{
                    f"ppt/slides/slide{n}.xml": f"<p:sld {space}><p:cSld><p:spTree>"
                    f"{_shape('title', title)}{_shape('body', text)}</p:spTree></p:cSld></p:sld>"
                    for n, (title, text) in zip(numbers, slides, strict=True)
                },
            },
        )
    )


def _shape(kind: str, text: str) -> str:
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="1" name="x"/><p:cNvSpPr/><p:nvPr><p:ph type="{kind}"/>'
        f"</p:nvPr></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/><a:p><a:r><a:t>{text}</a:t></a:r></a:p>"
        f"</p:txBody></p:sp>"
    )


def pdf(*objects: bytes, trailer: bytes = b"/Root 1 0 R") -> bytes:
    """A PDF of these objects, numbered from 1."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    out += b"trailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, start)
    return bytes(out)


def stream(data: bytes, words: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), words, data)


def pdf_pages(*texts: str) -> list[bytes]:
    """The objects of a PDF with one line of text a page."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * n) for n in range(len(texts)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(texts)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, text in enumerate(texts):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 200] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % (5 + 2 * number)
        )
        shown = b"BT /F1 12 Tf 20 100 Td (%s) Tj ET" % text.encode("latin-1") if text else b""
        objects.append(stream(shown))
    return objects


def png(rows: Sequence[bytes], width: int) -> bytes:
    """A grayscale picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    header = struct.pack(">IIBBBBB", width, len(rows), 8, 0, 0, 0, 0)
    lines = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", header), chunk(b"IDAT", lines), chunk(b"IEND", b""))
    )
