"""Text in, number of tokens out; an estimate close to what common tokenizers give.

Knows no provider's vocabulary. Deterministic and linear, so that trimming a context and billing
in the sandbox can rest on it.
"""

import json
import re
from asyncio import to_thread
from functools import lru_cache

from pegboard.llm.gateway import (
    AssistantTurn,
    Prompt,
    SystemTurn,
    Tool,
    ToolTurn,
    Turn,
    UserTurn,
)

# Each match is one token: a stretch of a Latin word, up to three digits, one ideograph, kana or
# hangul syllable, two characters of another script, a run of punctuation, a run of blanks. A
# single space belongs to the word after it and costs nothing.
_TOKEN = re.compile(
    r"[A-Za-z]{1,8}"
    r"|[0-9]{1,3}"
    r"|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
    r"|[^\x00-\x7f]{1,2}"
    r"|[!-/:-@\[-`{-~]{1,3}"
    r"|\s{2,16}|[\n\x00-\x08\x0e-\x1f\x7f]"
)

_PER_TURN = 4
_PER_IMAGE = 765  # what most providers count for a picture of ordinary size
_REMEMBERED_LENGTH = 500
_PER_PROMPT = 3
_SLICE = 50_000
_AT_ONCE = 20_000


def count_tokens(text: str) -> int:
    if not text:
        return 0
    return _counted(text) if len(text) <= _REMEMBERED_LENGTH else _count(text)


def _count(text: str) -> int:
    # In slices: an expression holds the interpreter's lock for as long as it runs.
    slices = range(0, len(text), _SLICE)
    return max(1, sum(len(_TOKEN.findall(text, at, at + _SLICE)) for at in slices))


# The turns of a thread are counted again with every message that follows them.
_counted = lru_cache(maxsize=16_384)(_count)


async def count_aside(text: str) -> int:
    """The same for a text that may be long, which is counted in a thread."""
    return count_tokens(text) if len(text) <= _AT_ONCE else await to_thread(count_tokens, text)


def count_prompt_tokens(prompt: Prompt) -> int:
    """All that the model reads, with the few tokens that frame each turn."""
    given = [prompt.system, *prompt.memories]
    for passage in prompt.passages:
        given += [passage.source, passage.text]
    return (
        _PER_PROMPT
        + sum(count_tokens(text) for text in given)
        + sum(_turn_tokens(turn) for turn in prompt.turns)
        + sum(_tool_tokens(tool) for tool in prompt.tools)
    )


def _turn_tokens(turn: Turn) -> int:
    match turn:
        case UserTurn(text=text, images=images):
            return _PER_TURN + count_tokens(text) + _PER_IMAGE * len(images)
        case SystemTurn(text=text):
            return _PER_TURN + count_tokens(text)
        case ToolTurn(output=output):
            return _PER_TURN + count_tokens(output)
        case AssistantTurn(text=text, tool_calls=calls):
            called = sum(
                count_tokens(c.name) + count_tokens(c.arguments) + _PER_TURN for c in calls
            )
            return _PER_TURN + count_tokens(text or "") + called


def _tool_tokens(tool: Tool) -> int:
    described = {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
    }
    return count_tokens(json.dumps(described, ensure_ascii=False, default=dict))
