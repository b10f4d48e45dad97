"""Tokens that a run may use over all its rounds."""

from tests.runs.engine.scenario import Scenario

_SEARCH = ("call", 0, "call-1", "search", '{"query": "weather"}')
_SNOW = {"search": "Snow in Oslo"}

COMPLETION_SPENT_BETWEEN_ROUNDS = Scenario(
    name="completion_spent_between_rounds",
    executions=(((("text", "Let me see. "), _SEARCH, ("finish", "tool_calls", 10, 5)),),),
    server_tools=_SNOW,
    budgets={"completion": 5},
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("text", "message-1", "Let me see. "),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 5)}),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "incomplete",
                "content": "Let me see. ",
                "used": (10, 5),
                "seconds": (0, 3),
            },
        ),
        (
            "run completed",
            {
                "status": "incomplete",
                "rounds": 1,
                "used": (10, 5),
                "incomplete": "max_completion_tokens",
                "findings": (('search {"query": "weather"}', "Snow in Oslo"),),
            },
        ),
    ),
    requests=(
        {
            "round": 0,
            "tools": ("search",),
            "turns": (("user", "How is the weather?"),),
            "options": {"max_output_tokens": 5},
        },
    ),
)
PROMPT_SPENT_BETWEEN_ROUNDS = Scenario(
    name="prompt_spent_between_rounds",
    executions=(((_SEARCH, ("finish", "tool_calls", 10, 5)),),),
    server_tools=_SNOW,
    budgets={"prompt": 9},
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 5)}),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "incomplete",
                "content": "",
                "used": (10, 5),
                "seconds": (0, 2),
            },
        ),
        (
            "run completed",
            {
                "status": "incomplete",
                "rounds": 1,
                "used": (10, 5),
                "incomplete": "max_prompt_tokens",
                "findings": (('search {"query": "weather"}', "Snow in Oslo"),),
            },
        ),
    ),
    requests=({"round": 0, "tools": ("search",), "turns": (("user", "How is the weather?"),)},),
)
SPENT_BEFORE_THE_FIRST_CALL_OF_AN_EXECUTION = Scenario(
    name="spent_before_the_first_call_of_an_execution",
    executions=(
        ((("call", 0, "call-1", "time", "{}"), ("finish", "tool_calls", 10, 5)),),
        (),
    ),
    tools=("time",),
    outputs=({"call-1": "noon"},),
    budgets={"completion": 5},
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 5)}),
        ("call", "message-1", ("call-1", "time", "{}")),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "requires_action",
                "content": None,
                "used": (10, 5),
                "seconds": (0, 2),
                "calls": (("call-1", "time", "{}"),),
            },
        ),
        (
            "run paused",
            {"status": "requires_action", "rounds": 1, "used": (10, 5)},
            ("call-1", "time", "{}"),
        ),
        ("run started", {"status": "in_progress", "rounds": 1, "used": (10, 5)}, "message-2"),
        ("message started", "message-2", 2),
        (
            "message finished",
            {
                "id": "message-2",
                "status": "incomplete",
                "content": "",
                "used": (0, 0),
                "seconds": (2, 2),
            },
        ),
        (
            "run completed",
            {
                "status": "incomplete",
                "rounds": 1,
                "used": (10, 5),
                "incomplete": "max_completion_tokens",
            },
        ),
    ),
    requests=(
        {
            "round": 0,
            "tools": ("time",),
            "turns": (("user", "How is the weather?"),),
            "options": {"max_output_tokens": 5},
        },
    ),
)
LESS_LEFT_EACH_ROUND = Scenario(
    name="less_left_each_round",
    executions=(
        (
            (_SEARCH, ("finish", "tool_calls", 10, 6)),
            (("text", "It snows, and"), ("finish", "length", 20, 4)),
        ),
    ),
    server_tools=_SNOW,
    budgets={"completion": 10, "prompt": 1000},
    options={"max_output_tokens": 8},
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 6)}),
        ("text", "message-1", "It snows, and"),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "incomplete",
                "content": "It snows, and",
                "used": (30, 10),
                "seconds": (0, 4),
            },
        ),
        (
            "run completed",
            {
                "status": "incomplete",
                "rounds": 2,
                "used": (30, 10),
                "incomplete": "max_completion_tokens",
                "findings": (('search {"query": "weather"}', "Snow in Oslo"),),
            },
        ),
    ),
    requests=(
        {
            "round": 0,
            "tools": ("search",),
            "turns": (("user", "How is the weather?"),),
            "options": {"max_output_tokens": 8},
        },
        {
            "round": 1,
            "tools": ("search",),
            "turns": (
                ("assistant", None, ("call-1", "search", '{"query": "weather"}')),
                ("tool", "call-1", "search", "Snow in Oslo"),
            ),
            "options": {"max_output_tokens": 4},
        },
    ),
)
