"""What kind of text an answer is said to be."""

import re
from dataclasses import dataclass
from typing import Final

_FORM: Final = re.compile(r"[a-z0-9.+-]{1,40}/[a-z0-9.+-]{1,80}")
_CHARSET: Final = re.compile(r""";\s*charset\s*=\s*["']?([A-Za-z0-9._-]{1,40})""", re.I)
_READABLE: Final = frozenset({"application/json", "application/xhtml+xml"})


@dataclass(frozen=True, slots=True)
class ContentType:
    """`name` is lower case and "" where none is given; `charset` is as the sender wrote it."""

    name: str
    charset: str | None = None

    @property
    def is_text(self) -> bool:
        return self.name.startswith("text/") or self.name in _READABLE

    @property
    def is_html(self) -> bool:
        return self.name in {"text/html", "application/xhtml+xml"}


def content_type_of(header: str) -> ContentType:
    name = header.partition(";")[0].strip().lower()
    charset = _CHARSET.search(header)
    return ContentType(name if _FORM.fullmatch(name) else "", charset and charset[1])
