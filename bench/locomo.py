"""Long conversations with questions about them, in the shape of the LoCoMo data set.

(Maharana et al., 2024.) A list of samples, each with dated sessions of turns and questions whose
evidence is named by turn. The data set itself is not here; give the path of your copy.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Turn:
    """`dia_id` is "D3:7" for the seventh turn of the third session."""

    dia_id: str
    session: str
    said_at: str
    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class JudgedQuestion:
    question: str
    evidence: frozenset[str]


@dataclass(frozen=True, slots=True)
class Sample:
    turns: tuple[Turn, ...]
    questions: tuple[JudgedQuestion, ...]


def read_samples(path: Path) -> list[Sample]:
    """The samples of a file. A question without evidence in its conversation cannot be scored."""
    return [_sample(one) for one in json.loads(path.read_text("utf-8"))]


def _sample(sample: dict[str, Any]) -> Sample:
    turns = tuple(_turns(sample["conversation"]))
    known = {turn.dia_id for turn in turns}
    questions = (
        JudgedQuestion(one["question"], frozenset(_ids(one.get("evidence") or ())) & known)
        for one in sample["qa"]
    )
    return Sample(turns, tuple(one for one in questions if one.evidence))


def _turns(conversation: dict[str, Any]) -> Iterator[Turn]:
    sessions = sorted(
        (key for key in conversation if re.fullmatch(r"session_\d+", key)),
        key=lambda key: int(key.rpartition("_")[2]),
    )
    for session in sessions:
        moment = conversation.get(f"{session}_date_time", "")
        for turn in conversation[session]:
            picture = f" [shows {turn['blip_caption']}]" if turn.get("blip_caption") else ""
            yield Turn(turn["dia_id"], session, moment, turn["speaker"], turn["text"] + picture)


def _ids(evidence: Any) -> Iterator[str]:
    """Evidence comes as ids, and now and then as several in one text."""
    for item in [evidence] if isinstance(evidence, str) else evidence:
        yield from re.findall(r"D\d+:\d+", str(item))
