"""Which turns a model gets to read."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard.llm.failures import ContextTooLong
from pegboard.llm.gateway import AssistantTurn, ToolCall, ToolTurn, UserTurn
from pegboard.runs.prompt.history import CANCELLED_OUTPUT, StoredTurn, turns_of
from pegboard.runs.prompt.window import Fitted, SizedTurn, fit, room_for_prompt

NOBODY = UUID(int=0)
CALL = ToolCall("c", "act", "{}")
OLD = [
    SizedTurn(UserTurn("old"), 10),
    SizedTurn(AssistantTurn(None, (CALL,)), 10),
    SizedTurn(ToolTurn("c", "act", "out"), 10),
    SizedTurn(AssistantTurn("so"), 10),
]
NEW = [SizedTurn(UserTurn("new"), 10)]


def test_what_fits_is_kept_whole() -> None:
    assert fit(OLD + NEW, fixed_tokens=5, room=55) == Fitted(
        tuple(sized.turn for sized in OLD + NEW), 55, 0
    )


@pytest.mark.requirement("models.window")
def test_an_exchange_goes_whole_so_that_no_output_lacks_its_call() -> None:
    for room in range(15, 55):
        assert fit(OLD + NEW, fixed_tokens=5, room=room) == Fitted((UserTurn("new"),), 15, 4)


def test_the_newest_exchange_and_the_system_text_are_never_cut() -> None:
    with pytest.raises(ContextTooLong, match="about 15 tokens"):
        fit(OLD + NEW, fixed_tokens=5, room=14)


@pytest.mark.parametrize(
    ("limit", "output", "room"),
    [(8192, 4096, 6144), (128_000, 16_384, 123_904), (4000, None, 3000)],
)
def test_the_answer_has_a_share_of_the_window(limit: int, output: int | None, room: int) -> None:
    assert room_for_prompt(limit, output) == room


def stored(role: str, content: str | None = None, *calls: str, **fields: str) -> StoredTurn:
    made = [{"id": call, "name": "act", "arguments": "{}"} for call in calls]
    status = fields.get("status", "completed")
    return StoredTurn(NOBODY, role, status, content, made or None, fields.get("call"), None, 1)


def test_failed_answers_are_not_shown_and_orphaned_outputs_neither() -> None:
    turns = turns_of(
        [
            stored("tool", "cut off", call="x"),
            stored("user", "a"),
            stored("assistant", "half", status="failed"),
            stored("user", "b"),
        ]
    )
    assert [sized.turn for sized in turns] == [UserTurn("a"), UserTurn("b")]


def test_a_call_without_an_output_gets_one_that_says_so() -> None:
    turns = turns_of(
        [
            stored("user", "a"),
            stored("assistant", None, "1", "2", status="cancelled"),
            stored("tool", "out", call="2"),
            stored("user", "b"),
        ]
    )
    calls = (ToolCall("1", "act", "{}"), ToolCall("2", "act", "{}"))
    assert [sized.turn for sized in turns] == [
        UserTurn("a"),
        AssistantTurn(None, calls),
        ToolTurn("2", "act", "out"),
        ToolTurn("1", "act", CANCELLED_OUTPUT),
        UserTurn("b"),
    ]


ROWS = st.lists(
    st.one_of(
        st.just(stored("user", "u")),
        st.builds(lambda ids: stored("assistant", "t", *ids), st.sets(st.sampled_from("ab"))),
        st.builds(lambda call: stored("tool", "o", call=call), st.sampled_from("abc")),
        st.just(stored("assistant", None, status="failed")),
    )
)


@given(ROWS)
@pytest.mark.requirement("tools.valid-history")
def test_whatever_is_stored_every_call_is_answered_at_once_and_once(rows: list[StoredTurn]) -> None:
    waiting: set[str] = set()
    for sized in turns_of(rows):
        match sized.turn:
            case ToolTurn(call_id=call_id):
                waiting.remove(call_id)
            case AssistantTurn(tool_calls=calls):
                assert not waiting
                waiting = {call.id for call in calls}
            case UserTurn():
                assert not waiting
    assert not waiting
