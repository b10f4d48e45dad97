"""An array's name and a text in, the items that the text lists for it out."""

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from pegboard.llm.sandbox.mentions import Mentions
from pegboard.llm.sandbox.roles import Role, role_of
from pegboard.llm.sandbox.schemas import Schema
from pegboard.llm.sandbox.stand_ins import fit_length
from pegboard.llm.sandbox.texts import long_enough, texts_for

_PLAIN_LIST = re.compile(
    r"(?<![\w'\u2019-])([\w'\u2019-]{1,40})"
    r"((?:, ?[\w'\u2019-]{1,40}(?: [\w'\u2019-]{1,40})?){0,30})"
    r",? (?:and|or|&) ([\w'\u2019-]{1,40})"
)
_MAX_PADDING = 100


def listed_texts(
    name: str, items: Schema, mentions: Mentions, ignored: frozenset[str]
) -> Iterator[str]:
    """The strings meant for the array that its items admit, each once."""
    for text in dict.fromkeys(_listed(name, items, mentions, ignored)):
        if long_enough(text, items):
            yield fit_length(text, items)


def _listed(name: str, items: Schema, mentions: Mentions, ignored: frozenset[str]) -> Iterator[str]:
    if "format" in items or "pattern" in items:
        yield from texts_for(name, items, mentions, ignored)
        return
    singular = name.removesuffix("s")
    role = role_of(name, str(items.get("description") or "")) or role_of(singular, "")
    if role in (Role.TARGET, Role.EMAIL) and mentions.emails:
        yield from mentions.emails
    elif mentions.quoted:
        yield from mentions.quoted
    elif lists := [mention for mention in mentions.names if len(mention.items) > 1]:
        yield from (item for mention in lists for item in mention.items)
    elif plain := _PLAIN_LIST.search(mentions.text):
        between = (item.strip() for item in plain.group(2).split(","))
        yield from (plain.group(1), *filter(None, between), plain.group(3))
    elif role not in (None, Role.TEXT):
        yield from islice(texts_for(singular, items, mentions, ignored), 1)


def padded(items: list[Any], shape: Schema, make: Callable[[], Any]) -> list[Any]:
    """The items as many and as different as the schema demands."""
    unique = shape.get("uniqueItems") is True
    chosen: list[Any] = []
    for item in items:
        if not (unique and item in chosen):
            chosen.append(item)
    most = shape.get("maxItems")
    if isinstance(most, int):
        del chosen[max(most, 0) :]
    least = shape.get("minItems")
    for _ in range(min(least, _MAX_PADDING) - len(chosen) if isinstance(least, int) else 0):
        made = make()
        chosen.append(_different(made, chosen, shape) if unique and made in chosen else made)
    return chosen


def _different(made: Any, chosen: list[Any], shape: Schema) -> Any:
    items = shape.get("items")
    options = items.get("enum") if isinstance(items, dict) else None
    if isinstance(options, list):
        return next((option for option in options if option not in chosen), made)
    if isinstance(made, bool):
        return not made
    if isinstance(made, int | float):
        step = items.get("multipleOf", 1) if isinstance(items, dict) else 1
        return max(item for item in chosen if isinstance(item, int | float)) + step
    return f"{made} {len(chosen) + 1}" if isinstance(made, str) else made
