"""How much a model can read and write at once, from the table inside the litellm wheel.

The file is read where it lies, without importing litellm (seconds, 180 MB). litellm is the best
kept public list of these figures.
"""

import importlib.util
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from app.llm.providers import litellm_name


@dataclass(frozen=True, slots=True)
class Window:
    """In tokens. `max_output` is None where nobody says."""

    context_limit: int
    max_output: int | None


UNKNOWN: Final = Window(context_limit=128_000, max_output=None)
"""For a model the table does not have: what most current models can at least read."""


def window_of(provider: str, name: str) -> Window:
    known = _table()
    for key in (name, litellm_name(provider, name), name.rpartition("/")[2]):
        window = known.get(key.lower())
        if window is not None:
            return window
    return UNKNOWN


@cache
def _table() -> dict[str, Window]:
    package = importlib.util.find_spec("litellm")
    if package is None or package.origin is None:
        return {}
    listed = Path(package.origin).with_name("model_prices_and_context_window_backup.json")
    entries = json.loads(listed.read_bytes())
    windows: dict[str, Window] = {}
    for key, entry in entries.items():
        limit = entry.get("max_input_tokens") or entry.get("max_tokens")
        if isinstance(limit, int) and limit > 0:
            output = entry.get("max_output_tokens")
            windows[key.lower()] = Window(limit, output if isinstance(output, int) else None)
    return windows


def warm_up() -> None:
    """Read the table now rather than in somebody's first request."""
    _table()
