"""HTML as its reader sees it: headings, lines and table rows, without scripts and styles."""

import re
from collections.abc import Callable, Container, Iterator
from typing import BinaryIO, Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pegboard.documents.formats.decoding import read_bytes, text_of
from pegboard.documents.formats.rows import readable_rows
from pegboard.documents.formats.sections import Heading, Section, outlined

_NAMED_ENCODING: Final = re.compile(
    rb"""<meta[^>]*?charset\s*=\s*["']?\s*([A-Za-z0-9._-]+)""", re.I
)
_UNSEEN: Final = frozenset({"script", "style", "template", "noscript", "svg", "head", "iframe"})
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_LAID_OUT: Final = frozenset({"table", "h1", "h2", "h3"})
_INLINE: Final = frozenset(
    "a abbr b bdi bdo cite code data del dfn em font i ins kbd label mark q s samp small span "  # noqa: SIM905
    "strong sub sup time tt u var wbr -text".split()
)


def read(file: BinaryIO, suffix: str) -> Iterator[Section]:
    page = LexborHTMLParser(text_of(read_bytes(file), declared=named_encoding))
    yield from outlined(_parts(page))


def named_encoding(head: bytes) -> str | None:
    match = _NAMED_ENCODING.search(head)
    return match[1].decode("ascii") if match else None


def _parts(page: LexborHTMLParser) -> Iterator[Heading | str]:
    title = page.css_first("title")
    if title is not None:
        yield Heading(0, title.text())
    line: list[str] = []
    layouts = _layouts(page)
    for node, closes in _walk(page, lambda one: _is_one_block(one) or _is_rows(one, layouts)):
        tag = node.tag or ""
        if tag == "-text":
            line.append(node.text_content or "")
            continue
        if tag not in _INLINE:
            yield from _joined(line)
        if closes:
            continue
        if tag in _HEADINGS:
            yield Heading(int(tag[1]), node.text())
        elif _is_rows(node, layouts):
            yield from readable_rows(_rows(node))
        elif tag == "li":
            line.append("- ")
    yield from _joined(line)


def _walk(
    page: LexborHTMLParser, is_whole: Callable[[LexborNode], bool]
) -> Iterator[tuple[LexborNode, bool]]:
    """Every node as it opens and as it closes, without what stands in nodes that are one block.

    By hand and not by recursion: a page may nest as deeply as it is long.
    """
    node = page.root
    while node is not None:
        yield node, False
        below = None if is_whole(node) else node.first_child
        if below is not None:
            node = below
            continue
        while node is not None and node.next is None:
            node = node.parent
            if node is not None:
                yield node, True
        node = node.next if node is not None else None


def _is_one_block(node: LexborNode) -> bool:
    return node.tag in _UNSEEN or node.tag in _HEADINGS


def _is_rows(node: LexborNode, layouts: Container[int]) -> bool:
    return node.tag == "table" and node.mem_id not in layouts


def _layouts(page: LexborHTMLParser) -> set[int]:
    """The tables that hold tables or headings, and so only lay a page out; others hold data.

    Found in one pass: to look through each table would be to look through what is nested in them
    as often as it is nested.
    """
    layouts: set[int] = set()
    if page.css_first("table") is None:
        return layouts
    around: list[int] = []
    for node, closes in _walk(page, _is_one_block):
        if closes:
            if node.tag == "table":
                around.pop()
            continue
        if around and node.tag in _LAID_OUT:
            layouts.add(around[-1])
        if node.tag == "table" and node.first_child is not None:
            around.append(node.mem_id)
    return layouts


def _joined(line: list[str]) -> Iterator[str]:
    text = " ".join("".join(line).split())
    line.clear()
    if text not in {"", "-"}:
        yield text


def _rows(table: LexborNode) -> Iterator[list[str]]:
    for row in table.css("tr"):
        yield [cell.text(separator=" ") for cell in row.css("th, td")]
