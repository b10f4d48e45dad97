"""Which names of models are passed on to a provider.

A name comes from a request, and litellm puts the names of some providers into addresses. So one is
taken only where it can be nothing but a name: never an address, a path upwards, a query.
"""

import re
from typing import Final

LONGEST: Final = 256
"""Characters. The longest name in litellm's table has 76; fine-tuned ones are longer."""

# As real names need it: `~moonshotai/kimi-latest`, `@cf/meta/llama-3`, `ft:gpt-4o:org::id`,
# `arn:aws:bedrock:…`, `llama3.2:3b-instruct-q4_K_M`, `claude-sonnet-4@20250514`.
_NAME: Final = re.compile(r"[A-Za-z0-9~@][A-Za-z0-9._:/@+~-]*", re.ASCII)
# Anywhere, since what stands before a slash may be taken off as the provider's name.
_ADDRESS: Final = re.compile(r":/|//|(?:^|/)(?:https?|wss?|ftp|file|data):", re.IGNORECASE)
# Agents stand behind the same providers and are no models; litellm takes the region of one of
# Bedrock's, and with it the host, from the name as it stands there.
_NO_MODEL: Final = re.compile(r"(?:^|/)(?:agents?|agentcore|agent_engine)/", re.IGNORECASE)
_ARN: Final = re.compile(
    r"(?:[\w.-]+/)?arn:aws[a-z-]*:(?:bedrock|sagemaker):[a-z]{2}(?:-[a-z]+)+-\d+:\d*:[\w./:-]+",
    re.ASCII,
)


def problem_of(name: str) -> str | None:
    """What speaks against passing on a name, as the end of a sentence; None where nothing does."""
    if not name:
        return "must not be empty"
    if len(name) > LONGEST:
        return f"must have at most {LONGEST} characters"
    if _ADDRESS.search(name):
        return "must be the name of a model, not an address"
    if not _NAME.fullmatch(name):
        return "must be letters, digits and . _ : / @ + ~ - only, and begin with one of A-Z 0-9 ~ @"
    if ".." in name or any(part in {"", "."} for part in name.split("/")):
        return "must be the name of a model, not a path"
    if _NO_MODEL.search(name):
        return "must be the name of a model, not of an agent"
    if "arn:" in name.lower() and not _ARN.fullmatch(name):
        return "must be a whole ARN of Bedrock's where it is one"
    return None
