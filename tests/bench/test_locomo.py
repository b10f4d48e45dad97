"""The reader of long conversations, and what a ranking is worth."""

import json
from pathlib import Path

from bench.locomo import JudgedQuestion, Turn, read_samples
from bench.memory_recall import Answered, score


def test_conversations_are_read_with_their_evidence(tmp_path: Path) -> None:
    turn = {"speaker": "Ana", "dia_id": "D1:1", "text": "Hi"}
    shown = {"speaker": "Ben", "dia_id": "D2:1", "text": "Look", "blip_caption": "a red boat"}
    sample = {
        "conversation": {
            "speaker_a": "Ana",
            "session_2": [shown],
            "session_2_date_time": "9 May",
            "session_1": [turn],
            "session_1_date_time": "8 May",
        },
        "qa": [
            {"question": "What boat?", "answer": "red", "evidence": ["D2:1; D9:9"]},
            {"question": "Nobody knows", "answer": "", "evidence": []},
        ],
    }
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps([sample]))
    (read,) = read_samples(path)
    assert read.turns == (
        Turn("D1:1", "session_1", "8 May", "Ana", "Hi"),
        Turn("D2:1", "session_2", "9 May", "Ben", "Look [shows a red boat]"),
    )
    assert read.questions == (JudgedQuestion("What boat?", frozenset({"D2:1"})),)


def test_a_ranking_is_scored_by_its_evidence() -> None:
    judged = JudgedQuestion("?", frozenset({"D1:1", "D3:2"}))
    ids = ["D2:1", "D1:1", *(f"D5:{n}" for n in range(30)), "D3:2"]
    assert score(judged, ids, ["D2", "D1", "D5", "D3"], 0.1) == Answered(
        recall=0.5, hit=True, reciprocal_rank=0.5, session_hit=True, seconds=0.1
    )
    assert score(judged, [], [], 0.1) == Answered(0.0, False, 0.0, False, 0.1)
