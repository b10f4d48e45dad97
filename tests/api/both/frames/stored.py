"""Frames as they are stored in files, shortened so that they can be read. See the README here."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tests.api.both.frames.encoders import Frame, NamedFrame

FOLDER: Final = Path(__file__).parent
WRITES: Final = bool(os.environ.get("PEGBOARD_WRITE_FRAMES"))


def stored(api: str, name: str, frames: Any) -> Any:
    """What the file says; `frames` themselves where files are to be written anew."""
    path = FOLDER / api / f"{name}.json"
    if WRITES:
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(frames, indent=1, sort_keys=True) + "\n")
    return json.loads(path.read_text())


def stored_names(api: str) -> set[str]:
    return {path.stem for path in (FOLDER / api).glob("*.json")}


def as_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def without_common(streams: Sequence[Sequence[Frame]]) -> tuple[Frame, list[list[Frame]]]:
    """What all frames have in common, and the frames without it."""
    first, *others = [frame for frames in streams for frame in frames]
    common = {
        key: value
        for key, value in first.items()
        if all(key in frame and frame[key] == value for frame in others)
    }
    rest = [
        [{key: value for key, value in frame.items() if key not in common} for frame in frames]
        for frames in streams
    ]
    return common, rest


def changes(streams: Sequence[Sequence[NamedFrame]]) -> list[list[Any]]:
    """The frames, without what an earlier one holds of the same object."""
    latest: dict[tuple[str, str], Frame] = {}
    return [[[name, _news(data, latest)] for name, data in frames] for frames in streams]


def _news(data: Any, latest: dict[tuple[str, str], Frame]) -> Any:
    if not isinstance(data, dict) or data["object"].endswith(".delta"):
        return data
    key = (data["id"], data["object"])
    before, latest[key] = latest.get(key, {}), data
    news = {
        name: value
        for name, value in data.items()
        if name in {"id", "object"} or name not in before or before[name] != value
    }
    gone = sorted(before.keys() - data.keys())
    return {**news, "-": gone} if gone else news
