"""Files to be indexed: some of the bench's own making, and what PDFs the libraries bring along."""

import random
import sysconfig
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Final

from bench import prose

_PAGE: Final = 3_000
_COLUMNS: Final = 95
_MOST_FOUND: Final = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """`label` names it in a table. `pages` is 0 where there are none, or nobody counted them."""

    label: str
    filename: str
    content: bytes
    pages: int = 0

    def put(self, folder: Path) -> Path:
        path = folder / self.filename
        path.write_bytes(self.content)
        return path


def text_sample(size: int) -> Sample:
    text = prose.document(random.Random(size), size)
    return Sample("text", f"made-{size}.txt", text.encode())


def pdf_sample(pages: int) -> Sample:
    chance = random.Random(pages)
    written = [wrap(prose.passage(chance, _PAGE // 6), _COLUMNS) for _ in range(pages)]
    return Sample("PDF", f"made-{pages}.pdf", _pdf(written), pages)


def installed_pdfs() -> list[Path]:
    """The smallest of those that came with libraries."""
    files = Path(sysconfig.get_path("purelib")).rglob("*.pdf")
    return sorted(files, key=lambda path: path.stat().st_size)[:_MOST_FOUND]


def _pdf(pages: Iterable[list[str]]) -> bytes:
    """A PDF by hand: a tree of pages, each a compressed stream of lines in Helvetica."""
    contents = [zlib.compress(_stream(lines)) for lines in pages]
    kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(len(contents)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(contents)} /Kids [{kids}] >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for at, content in enumerate(contents):
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            b"/Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>" % (5 + 2 * at),
            b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream"
            % (len(content), content),
        ]
    return b"".join(_file(objects))


def _stream(lines: Iterable[str]) -> bytes:
    shown = " ".join(f"({line}) Tj T*" for line in lines)
    return f"BT /F1 10 Tf 14 TL 50 790 Td {shown} ET".encode("latin-1")


def _file(objects: list[bytes]) -> Iterator[bytes]:
    yield (begun := b"%PDF-1.4\n")
    at = len(begun)
    table = [b"0000000000 65535 f \n"]
    for number, content in enumerate(objects, start=1):
        table.append(b"%010d 00000 n \n" % at)
        written = b"%d 0 obj\n%b\nendobj\n" % (number, content)
        at += len(written)
        yield written
    yield b"xref\n0 %d\n" % len(table) + b"".join(table)
    yield b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(table), at)
