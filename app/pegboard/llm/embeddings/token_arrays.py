"""Texts that come as tokens, as some clients of OpenAI's embedding models cut them. Blocks.

All those models share one vocabulary, cl100k_base, which lies in litellm's wheel. It is read where
it lies, without importing litellm.
"""

import base64
import importlib.util
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from pegboard.errors import AppError

_FILE: Final = "litellm_core_utils/tokenizers/9b5ad71b2ce5302211f9c61530b329a4922fc6a4"


class TokensUnreadable(AppError):
    """Tokens that stand for no text here."""

    code = "invalid_value"
    param: Final = "input"


def text_of(tokens: Sequence[int]) -> str:
    """The text. Raises TokensUnreadable."""
    known = _vocabulary()
    try:
        data = b"".join(known[token] for token in tokens)
    except KeyError as error:
        raise TokensUnreadable(
            f"Invalid 'input': {error.args[0]} is no token of cl100k_base, the vocabulary of "
            "OpenAI's embedding models. Send the text itself."
        ) from None
    return data.decode("utf-8", "replace")


@lru_cache(maxsize=1)
def _vocabulary() -> dict[int, bytes]:
    """Some 100,000 tokens: 17 MB, once a process that is asked so."""
    package = importlib.util.find_spec("litellm")
    file = Path(package.origin).parent / _FILE if package and package.origin else None
    if file is None or not file.is_file():
        raise TokensUnreadable(
            "Invalid 'input': this server cannot read tokens. Send the text itself."
        )
    pairs = (line.split() for line in file.read_bytes().splitlines() if line)
    return {int(rank): base64.b64decode(token) for token, rank in pairs}
