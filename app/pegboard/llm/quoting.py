"""Texts of others within a prompt: between marks that nothing in them can end. Pure.

A text stays as it is but for what looks like one of our marks, whose `<` becomes `&lt;`.
"""

import re
from typing import Final

_MARKS: Final = "passage|memory"
# Also `</PASSAGE >` and `< / passage>`, which a model might take for the end as well.
_LOOKS_LIKE_A_MARK: Final = re.compile(rf"<(?=[^\w<>]*(?:{_MARKS})(?!\w))", re.IGNORECASE)
_BLANK: Final = re.compile(r"[\s\x00-\x1f\x7f]+")
_IN_ATTRIBUTE: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})

RULE: Final = "What looks like such a mark inside the text is written with &lt; and is none."


def without_marks(text: str) -> str:
    return _LOOKS_LIKE_A_MARK.sub("&lt;", text)


def passage(text: str, source: str) -> str:
    named = _BLANK.sub(" ", source).strip().translate(_IN_ATTRIBUTE)
    return f'<passage source="{named}">\n{without_marks(text)}\n</passage>'


def memory(text: str) -> str:
    return f"<memory>{without_marks(text)}</memory>"
