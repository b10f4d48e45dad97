"""Office files as office-oxide reads them: a tree of headings, paragraphs, lists and tables."""

from collections.abc import Iterator
from typing import Any, BinaryIO, Final, Literal, TypeAlias

from office_oxide import Document, OfficeOxideError

from pegboard.documents.formats.faults import DamagedFile, UnreadableFile
from pegboard.documents.formats.packages import check_package
from pegboard.documents.formats.rows import readable_rows
from pegboard.documents.formats.sections import Heading

FormatName: TypeAlias = Literal["doc", "docx", "ppt", "pptx", "xls", "xlsx"]

_MOST_BYTES: Final = 256 * 1024 * 1024

_NAMES: Final[dict[str, FormatName]] = {
    ".doc": "doc",
    ".docx": "docx",
    ".ppt": "ppt",
    ".pptx": "pptx",
    ".xls": "xls",
    ".xlsx": "xlsx",
}

Node: TypeAlias = dict[str, Any]


def opened(file: BinaryIO, suffix: str) -> Document:
    if suffix in {".docx", ".pptx", ".xlsx"}:
        check_package(file, suffix)
    data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise UnreadableFile("The file is too large to read")
    try:
        return Document.from_bytes(data, _NAMES[suffix])
    except OfficeOxideError as error:
        if any(word in str(error).lower() for word in ("encrypted", "password")):
            raise UnreadableFile("The document is encrypted", detail=str(error)) from error
        raise DamagedFile(suffix, detail=str(error)) from error


def parts(nodes: list[Node]) -> Iterator[Heading | str]:
    """Headings and lines in the order of the document."""
    for node in nodes:
        match node.get("type"):
            case "heading":
                yield Heading(int(node.get("level", 1)), text_in(node))
            case "list":
                yield from _items(node, 0)
            case "table":
                yield from readable_rows(_rows(node))
            case "paragraph":
                if text := text_in(node).strip():
                    yield text
            case _ if isinstance(node.get("content"), list):
                yield from parts(node["content"])
            case _:
                if text := text_in(node).strip():
                    yield text


def text_in(value: object) -> str:
    """All text below a node: runs join, blocks are separated by a space."""
    if isinstance(value, list):
        blocks = any(isinstance(inner, dict) and "content" in inner for inner in value)
        return (" " if blocks else "").join(filter(None, map(text_in, value)))
    if not isinstance(value, dict):
        return ""
    if value.get("type") in {"line_break", "page_break", "column_break"}:
        return "\n"
    if isinstance(text := value.get("text"), str):
        return text
    inner = (value.get(key) for key in ("content", "elements", "items", "rows", "cells"))
    return " ".join(filter(None, map(text_in, inner)))


def _items(node: Node, depth: int) -> Iterator[str]:
    for item in node.get("items", ()):
        if text := text_in(item.get("content")).strip():
            yield f"{'  ' * depth}- {text}"
        if nested := item.get("nested"):
            yield from _items(nested, depth + 1)


def _rows(node: Node) -> Iterator[list[str]]:
    for row in node.get("rows", ()):
        yield [text_in(cell.get("content")) for cell in row.get("cells", ())]
