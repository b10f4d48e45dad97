"""How a provider wants its model's reasoning back beside the calls that it led to. Pure.

Most want none of it. Some refuse the next request of a tool loop without it, and some check that
it is their own.
"""

import json
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Final

from pegboard.llm.gateway import Reasoning, ReasoningPiece


class ReasoningShape(Enum):
    """The field of an assistant's message that it goes into."""

    NONE = None
    BLOCKS = "thinking_blocks"
    """As Anthropic signs them, in litellm's spelling."""
    CONTENT = "reasoning_content"
    """Plain text; DeepSeek's word."""
    DETAILS = "reasoning_details"
    """OpenRouter's, each as it came from the provider behind it."""


# By litellm's names.
_SHAPES: Final[Mapping[str, ReasoningShape]] = {
    "anthropic": ReasoningShape.BLOCKS,
    "azure_ai": ReasoningShape.BLOCKS,
    "bedrock": ReasoningShape.BLOCKS,
    "databricks": ReasoningShape.BLOCKS,
    "vertex_ai": ReasoningShape.BLOCKS,
    "deepseek": ReasoningShape.CONTENT,
    "moonshot": ReasoningShape.CONTENT,
    "xiaomi_mimo": ReasoningShape.CONTENT,
    "zai": ReasoningShape.CONTENT,
    "openrouter": ReasoningShape.DETAILS,
}
_READ_BY_ALL: Final = frozenset({"text", "summary", "index"})


def reasoning_shape(provider: str) -> ReasoningShape:
    """By litellm's name of the provider."""
    return _SHAPES.get(provider, ReasoningShape.NONE)


def reasoning_fields(reasoning: Iterable[Reasoning], shape: ReasoningShape) -> dict[str, Any]:
    """What to add to the message of the assistant; nothing where nothing is wanted."""
    match shape:
        case ReasoningShape.NONE:
            return {}
        case ReasoningShape.CONTENT:
            text = "".join(block.text for block in reasoning)
            return {shape.value: text} if text else {}
        case ReasoningShape.BLOCKS:
            blocks = [one for block in reasoning if (one := _signed_block(block)) is not None]
        case ReasoningShape.DETAILS:
            blocks = [one for block in reasoning if (one := _detail(block)) is not None]
    return {shape.value: blocks} if blocks else {}


def pieces_of_blocks(blocks: Iterable[Mapping[str, Any]]) -> list[ReasoningPiece]:
    """From `thinking_blocks`, whole or a stream's."""
    pieces = []
    for block in blocks:
        if block.get("type") == "redacted_thinking":
            pieces.append(ReasoningPiece(encrypted=block.get("data")))
        else:
            pieces.append(ReasoningPiece(block.get("thinking") or "", block.get("signature")))
    return [piece for piece in pieces if piece != ReasoningPiece()]


def pieces_of_details(details: Iterable[Mapping[str, Any]]) -> list[ReasoningPiece]:
    """From `reasoning_details`, without texts: those are in the field `reasoning` as well.

    What stands beside a text is its signature, format and id, all of which are wanted back. So our
    `signature` and `encrypted` are JSON texts of the detail.
    """
    pieces = []
    for detail in details:
        opaque = {key: value for key, value in detail.items() if key not in _READ_BY_ALL}
        if detail.get("type") == "reasoning.encrypted":
            pieces.append(ReasoningPiece(encrypted=json.dumps(opaque)))
        elif detail.get("signature"):
            pieces.append(ReasoningPiece(signature=json.dumps(opaque)))
    return pieces


def _signed_block(block: Reasoning) -> dict[str, Any] | None:
    """None for what is not signed, which is refused where signatures are checked."""
    if block.encrypted is not None:
        return {"type": "redacted_thinking", "data": block.encrypted}
    if block.signature is not None:
        return {"type": "thinking", "thinking": block.text, "signature": block.signature}
    return None


def _detail(block: Reasoning) -> dict[str, Any] | None:
    """None for what came from elsewhere, and in another shape."""
    if block.encrypted is None and block.signature is None:
        return {"type": "reasoning.text", "text": block.text} if block.text else None
    try:
        opaque = json.loads(block.encrypted or block.signature or "")
    except ValueError:
        return None
    if not isinstance(opaque, dict):
        return None
    return opaque if block.encrypted is not None else {**opaque, "text": block.text}
