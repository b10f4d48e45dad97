"""Runs that are ended from outside: what was told stays, and the end is told after it."""

from tests.runs.engine.scenario import Ending, Scenario

_SPEAKS = (
    ("reasoning", "Hm"),
    ("text", "It "),
    ("text", "snows "),
    ("text", "a lot."),
    ("finish", "stop", 7, 5),
)

CANCELLED_AMID_TEXT = Scenario(
    name="cancelled_amid_text",
    executions=((_SPEAKS,),),
    ending=Ending(6, "cancelled"),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("reasoning", "message-1", "Hm"),
        ("reasoning finished", "message-1"),
        ("text", "message-1", "It "),
        ("text", "message-1", "snows "),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "cancelled",
                "content": "It snows ",
                "used": (0, 0),
                "seconds": (0, 3),
                "reasoning": "Hm",
            },
        ),
        ("run cancelled", {"status": "cancelled", "rounds": 1, "used": (0, 0)}),
    ),
    requests=({"round": 0, "tools": (), "turns": (("user", "How is the weather?"),)},),
)
CANCELLED_AMID_REASONING = Scenario(
    name="cancelled_amid_reasoning",
    executions=((_SPEAKS,),),
    ending=Ending(3, "cancelled"),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("reasoning", "message-1", "Hm"),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "cancelled",
                "content": None,
                "used": (0, 0),
                "seconds": (0, 1),
                "reasoning": "Hm",
            },
        ),
        ("run cancelled", {"status": "cancelled", "rounds": 1, "used": (0, 0)}),
    ),
    requests=({"round": 0, "tools": (), "turns": (("user", "How is the weather?"),)},),
)
CANCELLED_WHILE_SEARCHING = Scenario(
    name="cancelled_while_searching",
    executions=(
        (
            (
                ("text", "Let me see. "),
                ("call", 0, "call-1", "search", '{"query": "a"}'),
                ("finish", "tool_calls", 10, 4),
            ),
        ),
    ),
    server_tools={"search": "Snow in Oslo"},
    ending=Ending(4, "cancelled"),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("text", "message-1", "Let me see. "),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 4)}),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "cancelled",
                "content": "Let me see. ",
                "used": (10, 4),
                "seconds": (0, 3),
            },
        ),
        ("run cancelled", {"status": "cancelled", "rounds": 1, "used": (10, 4)}),
    ),
    requests=({"round": 0, "tools": ("search",), "turns": (("user", "How is the weather?"),)},),
)
CANCELLED_ONCE_RESUMED = Scenario(
    name="cancelled_once_resumed",
    executions=(
        (
            (
                ("text", "Let me see. "),
                ("call", 0, "call-1", "time", "{}"),
                ("finish", "tool_calls", 10, 4),
            ),
        ),
        (_SPEAKS,),
    ),
    tools=("time",),
    outputs=({"call-1": "noon"},),
    ending=Ending(5, "cancelled"),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("text", "message-1", "Let me see. "),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 4)}),
        ("call", "message-1", ("call-1", "time", "{}")),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "requires_action",
                "content": "Let me see. ",
                "used": (10, 4),
                "seconds": (0, 3),
                "calls": (("call-1", "time", "{}"),),
            },
        ),
        (
            "run paused",
            {"status": "requires_action", "rounds": 1, "used": (10, 4)},
            ("call-1", "time", "{}"),
        ),
        ("run started", {"status": "in_progress", "rounds": 1, "used": (10, 4)}, "message-2"),
        ("message started", "message-2", 3),
        ("reasoning", "message-2", "Hm"),
        ("reasoning finished", "message-2"),
        ("text", "message-2", "It "),
        (
            "message finished",
            {
                "id": "message-2",
                "status": "cancelled",
                "content": "It ",
                "used": (0, 0),
                "seconds": (3, 5),
                "reasoning": "Hm",
            },
        ),
        ("run cancelled", {"status": "cancelled", "rounds": 2, "used": (10, 4)}),
    ),
    requests=(
        {"round": 0, "tools": ("time",), "turns": (("user", "How is the weather?"),)},
        {
            "round": 1,
            "tools": ("time",),
            "turns": (
                ("assistant", "Let me see. ", ("call-1", "time", "{}")),
                ("tool", "call-1", "time", "noon"),
            ),
        },
    ),
)
LOST_AMID_TEXT = Scenario(
    name="lost_amid_text",
    executions=((_SPEAKS,),),
    ending=Ending(6, "server_lost"),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("reasoning", "message-1", "Hm"),
        ("reasoning finished", "message-1"),
        ("text", "message-1", "It "),
        ("text", "message-1", "snows "),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "failed",
                "content": "It snows ",
                "used": (0, 0),
                "seconds": (0, 3),
                "reasoning": "Hm",
                "failure": ("unavailable", "server_lost", "The server went away"),
            },
        ),
        (
            "run failed",
            {
                "status": "failed",
                "rounds": 1,
                "used": (0, 0),
                "failure": ("unavailable", "server_lost", "The server went away"),
            },
        ),
    ),
    requests=({"round": 0, "tools": (), "turns": (("user", "How is the weather?"),)},),
)
EXPIRED_AMID_TEXT = Scenario(
    name="expired_amid_text",
    executions=((_SPEAKS,),),
    ending=Ending(6, "expired"),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("reasoning", "message-1", "Hm"),
        ("reasoning finished", "message-1"),
        ("text", "message-1", "It "),
        ("text", "message-1", "snows "),
        ("run expired", {"status": "expired", "rounds": 0, "used": (0, 0)}),
    ),
    requests=({"round": 0, "tools": (), "turns": (("user", "How is the weather?"),)},),
)
