"""Embeddings as they are asked for and answered, with the limits of OpenAI's own."""

import base64
import json
import struct
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from pegboard.api.openai.faults import BadParameter
from pegboard.llm.embeddings.answering import Embedded, Input

MOST_INPUTS: Final = 2_048
MOST_TOKENS: Final = 8_192
LONGEST_INPUT: Final = 100_000
"""Characters of one input; some 8,192 tokens have about a third of that."""
LONGEST_SUM: Final = 1_500_000
"""Characters of all inputs; OpenAI takes 300,000 tokens."""
MOST_DIMS: Final = 16_000


class EmbeddingsIn(BaseModel):
    model: Annotated[str, Field(min_length=1, max_length=512)]
    input: Any
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, Field(ge=1, le=MOST_DIMS)] | None = None

    def inputs(self) -> list[Input]:
        """A text, texts, tokens or several of them. Raises BadParameter."""
        given = self.input
        if isinstance(given, str) or _is_tokens(given):
            given = [given]
        if not isinstance(given, list) or not given:
            raise _wrong("expected a string, an array of strings, or arrays of tokens")
        if len(given) > MOST_INPUTS:
            raise _wrong(
                f"at most {MOST_INPUTS} inputs, got {len(given)}", "array_above_max_length"
            )
        total = 0
        for at, one in enumerate(given):
            total += _size_of(one, f"input[{at}]")
        if total > LONGEST_SUM:
            raise _wrong(f"at most {LONGEST_SUM} characters in all, got {total}")
        return given


def _size_of(one: Any, place: str) -> int:
    """In characters; a token counts for five."""
    if isinstance(one, str):
        if not one:
            raise _wrong(f"{place} must not be empty")
        if len(one) > LONGEST_INPUT:
            raise _wrong(
                f"{place} has {len(one)} characters, at most {LONGEST_INPUT}",
                "string_above_max_length",
            )
        return len(one)
    if not _is_tokens(one):
        raise _wrong(f"{place} must be a string or an array of tokens")
    if len(one) > MOST_TOKENS:
        raise _wrong(f"{place} has {len(one)} tokens, at most {MOST_TOKENS}")
    return 5 * len(one)


def _is_tokens(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(type(token) is int and token >= 0 for token in value)
    )


def _wrong(problem: str, code: str = "invalid_value") -> BadParameter:
    return BadParameter(f"Invalid 'input': {problem}.", param="input", code=code)


def body_of(embedded: Embedded, model: str, *, packed: bool) -> bytes:
    """The answer; `packed` vectors are little-endian 32-bit floats in base64."""
    encode = _packed if packed else list
    data = [
        {"object": "embedding", "index": index, "embedding": encode(vector)}
        for index, vector in enumerate(embedded.vectors)
    ]
    usage = {"prompt_tokens": embedded.tokens, "total_tokens": embedded.tokens}
    content = {"object": "list", "data": data, "model": model, "usage": usage}
    return json.dumps(content, separators=(",", ":")).encode("ascii")


def _packed(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode("ascii")
