"""Names of models that differ in spelling only. Pure.

Providers and their resellers write dots or dashes, add the day of a version, or say `latest`.
"""

import re
from typing import Final

_VENDOR: Final = re.compile(
    r"^(?:(?:us|eu|apac|global)\.)?(?:anthropic|cohere|mistral|meta|amazon|openai|deepseek)\."
)
_REVISION: Final = re.compile(r"-v\d+(?::\d+)?$")
_ENDING: Final = re.compile(
    r"-(?:\d{8}|\d{4}-\d{2}-\d{2}|\d{2}-\d{4}|\d{4}|latest|preview|default)$"
)
_DATE: Final = re.compile(r"(?<!\d)(?:\d{8}|\d{4}-\d{2}-\d{2}|\d{2}-\d{4}|\d{4})(?!\d)")


def plain(name: str) -> str:
    """What all spellings of one model have in common."""
    bare = _REVISION.sub("", _VENDOR.sub("", name.strip().lower()))
    bare = bare.replace(".", "-").replace("@", "-")
    while (shorter := _ENDING.sub("", bare)) != bare:
        bare = shorter
    return bare


def date_of(name: str) -> str:
    """The day in a name, "" where there is none."""
    match = _DATE.search(name)
    return match.group() if match else ""


def is_version_of(name: str, wanted: str) -> bool:
    """Whether who asks for the one may be given the other: of two days, neither."""
    return plain(name) == plain(wanted) and date_of(wanted) in {"", date_of(name)}


_FAMILIES: Final = {
    "openai": re.compile(r"gpt-(?!oss)|chatgpt-|o\d(?:-|$)|text-embedding-|ft:(?:gpt-|o\d)"),
    "anthropic": re.compile(r"claude"),
    "google": re.compile(r"gemini"),
    "xai": re.compile(r"grok"),
    "mistral": re.compile(r"(?:mistral|ministral|magistral|codestral|devstral|pixtral)-"),
    "cohere": re.compile(r"command-|embed-(?:english|multilingual|v\d)"),
    "deepseek": re.compile(r"deepseek-(?:chat|reasoner)"),
    "perplexity": re.compile(r"sonar"),
}


def family_of(name: str) -> str | None:
    """The provider that makes models of such names; None where nobody's names begin so."""
    wanted = name.strip().lower()
    return next((who for who, begins in _FAMILIES.items() if begins.match(wanted)), None)
