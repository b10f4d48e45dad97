"""A fetched page in, plain text out, by the reader of documents and in its confinement."""

import asyncio
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from pegboard.documents.formats.sections import Section
from pegboard.documents.parsing.parser import Parser
from pegboard.server_tools.web.content_types import ContentType
from pegboard.server_tools.web.fetching import Fetched
from pegboard.strict_json import storable

LONGEST: Final = 20_000
_CUT: Final = "\n\n[The page is longer; the rest was cut off.]"


async def text_of(page: Fetched, *, parser: Parser) -> str:
    """What the page says, with its headings; UnreadableFile when it says nothing readable."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page"
        await asyncio.to_thread(path.write_bytes, _content(page))
        parsed = await parser.parse(path, ".html" if _is_html(page) else ".txt")
    text = storable("\n\n".join(_parts(parsed.sections)))
    return text if len(text) <= LONGEST else text[:LONGEST] + _CUT


def _content(page: Fetched) -> bytes:
    """The body, with the encoding that its sender named.

    That one outranks what the page says of itself, and the reader asks the first that it finds.
    It knows the Unicode ones by their look, which a line before them would spoil.
    """
    if not _is_html(page) or page.charset is None or page.charset.lower().startswith("utf"):
        return page.body
    return f'<meta charset="{page.charset}">'.encode() + page.body


def _is_html(page: Fetched) -> bool:
    return ContentType(page.content_type).is_html


def _parts(sections: Iterable[Section]) -> Iterator[str]:
    """Each heading once, before the first text under it."""
    shown = None
    for section in sections:
        if section.heading and section.heading != shown:
            yield section.heading
        shown = section.heading
        yield section.text
