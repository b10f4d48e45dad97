"""What a run does next."""

import pytest

from pegboard.llm.gateway import Tool, ToolCall
from pegboard.runs.engine.moves import (
    AskAgain,
    AwaitClient,
    Finish,
    Move,
    StopShort,
    UseTools,
    next_move,
)

OURS = Tool("search", "", {"type": "object", "properties": {}})
SEARCH = ToolCall("9", "search", "{}")
TOOL = Tool("act", "", {"type": "object", "properties": {}, "required": ["a"]})
GOOD = ToolCall("1", "act", '{"a": 1}')
BAD = ToolCall("2", "act", "{}")
LACKS = "The arguments of 'act' lack 'a'."


@pytest.mark.parametrize(
    ("calls", "left", "move"),
    [
        ([], 0, Finish()),
        ([GOOD], 0, AwaitClient((GOOD,))),
        ([GOOD, GOOD], 2, AwaitClient((GOOD, GOOD))),
        ([SEARCH], 0, UseTools((SEARCH,))),
        ([SEARCH, GOOD, SEARCH], 0, AwaitClient((GOOD,), (SEARCH, SEARCH))),
        ([SEARCH, BAD], 1, AskAgain(("Not made: another call was wrong.", LACKS))),
        ([BAD], 1, AskAgain((LACKS,))),
        ([GOOD, BAD], 1, AskAgain(("Not made: another call was wrong.", LACKS))),
        ([BAD], 0, StopShort(LACKS)),
        (
            [ToolCall("3", "fly", "{}")],
            0,
            StopShort("There is no tool named 'fly'."),
        ),
        *(
            (
                [ToolCall("4", "act", text)],
                0,
                StopShort("The arguments of 'act' are not a JSON object."),
            )
            for text in ("", "x", "[]", "null", '{"a": NaN}', "[" * 100_000)
        ),
    ],
)
def test_the_next_move_follows_from_the_calls(calls: list[ToolCall], left: int, move: Move) -> None:
    decided = next_move(calls, tools=[TOOL, OURS], server_tools={"search"}, corrections_left=left)
    assert decided == move
