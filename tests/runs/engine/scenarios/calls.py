"""Calls that the client answers: the run is paused and taken up again."""

from tests.runs.engine.scenario import Scenario

ONE_CALL = Scenario(
    name="one_call",
    executions=(
        (
            (
                ("call", 0, "call-1", "weather", ""),
                ("call", 0, None, None, '{"location": '),
                ("call", 0, None, None, '"Oslo"}'),
                ("finish", "tool_calls", 10, 4),
            ),
        ),
        ((("text", "Snow."), ("finish", "stop", 20, 2)),),
    ),
    tools=("weather", "time"),
    outputs=({"call-1": "snow"},),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 4)}),
        ("call", "message-1", ("call-1", "weather", '{"location": "Oslo"}')),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "requires_action",
                "content": None,
                "used": (10, 4),
                "seconds": (0, 4),
                "calls": (("call-1", "weather", '{"location": "Oslo"}'),),
            },
        ),
        (
            "run paused",
            {"status": "requires_action", "rounds": 1, "used": (10, 4)},
            ("call-1", "weather", '{"location": "Oslo"}'),
        ),
        ("run started", {"status": "in_progress", "rounds": 1, "used": (10, 4)}, "message-2"),
        ("message started", "message-2", 4),
        ("text", "message-2", "Snow."),
        (
            "message finished",
            {
                "id": "message-2",
                "status": "completed",
                "content": "Snow.",
                "used": (20, 2),
                "seconds": (4, 6),
            },
        ),
        ("run completed", {"status": "completed", "rounds": 2, "used": (30, 6)}),
    ),
    requests=(
        {"round": 0, "tools": ("weather", "time"), "turns": (("user", "How is the weather?"),)},
        {
            "round": 1,
            "tools": ("weather", "time"),
            "turns": (
                ("assistant", None, ("call-1", "weather", '{"location": "Oslo"}')),
                ("tool", "call-1", "weather", "snow"),
            ),
        },
    ),
)
PARALLEL_CALLS = Scenario(
    name="parallel_calls",
    executions=(
        (
            (
                ("reasoning", "Both."),
                ("text", "Let me "),
                ("text", "see."),
                ("call", 1, "call-2", "time", ""),
                ("call", 0, "call-1", "weather", '{"location": '),
                ("call", 0, None, None, '"Oslo"}'),
                ("finish", "tool_calls", 10, 4),
            ),
        ),
        ((("text", "Snow at noon."), ("finish", "stop", 20, 2)),),
    ),
    tools=("weather", "time"),
    outputs=({"call-1": "snow", "call-2": "noon"},),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("reasoning", "message-1", "Both."),
        ("reasoning finished", "message-1"),
        ("text", "message-1", "Let me "),
        ("text", "message-1", "see."),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 4)}),
        ("call", "message-1", ("call-1", "weather", '{"location": "Oslo"}')),
        ("call", "message-1", ("call-2", "time", "{}")),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "requires_action",
                "content": "Let me see.",
                "used": (10, 4),
                "seconds": (0, 7),
                "reasoning": "Both.",
                "calls": (("call-1", "weather", '{"location": "Oslo"}'), ("call-2", "time", "{}")),
            },
        ),
        (
            "run paused",
            {"status": "requires_action", "rounds": 1, "used": (10, 4)},
            ("call-1", "weather", '{"location": "Oslo"}'),
            ("call-2", "time", "{}"),
        ),
        ("run started", {"status": "in_progress", "rounds": 1, "used": (10, 4)}, "message-2"),
        ("message started", "message-2", 7),
        ("text", "message-2", "Snow at noon."),
        (
            "message finished",
            {
                "id": "message-2",
                "status": "completed",
                "content": "Snow at noon.",
                "used": (20, 2),
                "seconds": (7, 9),
            },
        ),
        ("run completed", {"status": "completed", "rounds": 2, "used": (30, 6)}),
    ),
    requests=(
        {"round": 0, "tools": ("weather", "time"), "turns": (("user", "How is the weather?"),)},
        {
            "round": 1,
            "tools": ("weather", "time"),
            "turns": (
                (
                    "assistant",
                    "Let me see.",
                    ("call-1", "weather", '{"location": "Oslo"}'),
                    ("call-2", "time", "{}"),
                    ("reasoning", ("Both.", None, None)),
                ),
                ("tool", "call-1", "weather", "snow"),
                ("tool", "call-2", "time", "noon"),
            ),
        },
    ),
)
CHAINED_CALLS = Scenario(
    name="chained_calls",
    executions=(
        ((("call", 0, "call-1", "time", " {} "), ("finish", "tool_calls", 10, 4, 2, "0.001")),),
        (
            (
                ("text", "Noon it is. "),
                ("call", 0, "call-2", "weather", '{"location": "Oslo"}'),
                ("finish", "tool_calls", 20, 5, 2, "0.002"),
            ),
        ),
        ((("text", "Snow."), ("finish", "stop", 30, 2, 2, "0.003")),),
    ),
    tools=("weather", "time"),
    outputs=({"call-1": "noon"}, {"call-2": "snow"}),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 4, 2, "0.001")}),
        ("call", "message-1", ("call-1", "time", "{}")),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "requires_action",
                "content": None,
                "used": (10, 4, 2, "0.001"),
                "seconds": (0, 2),
                "calls": (("call-1", "time", "{}"),),
            },
        ),
        (
            "run paused",
            {"status": "requires_action", "rounds": 1, "used": (10, 4, 2, "0.001")},
            ("call-1", "time", "{}"),
        ),
        (
            "run started",
            {"status": "in_progress", "rounds": 1, "used": (10, 4, 2, "0.001")},
            "message-2",
        ),
        ("message started", "message-2", 2),
        ("text", "message-2", "Noon it is. "),
        ("round finished", {"status": "in_progress", "rounds": 2, "used": (30, 9, 4, "0.003")}),
        ("call", "message-2", ("call-2", "weather", '{"location": "Oslo"}')),
        (
            "message finished",
            {
                "id": "message-2",
                "status": "requires_action",
                "content": "Noon it is. ",
                "used": (20, 5, 2, "0.002"),
                "seconds": (2, 5),
                "calls": (("call-2", "weather", '{"location": "Oslo"}'),),
            },
        ),
        (
            "run paused",
            {"status": "requires_action", "rounds": 2, "used": (30, 9, 4, "0.003")},
            ("call-2", "weather", '{"location": "Oslo"}'),
        ),
        (
            "run started",
            {"status": "in_progress", "rounds": 2, "used": (30, 9, 4, "0.003")},
            "message-3",
        ),
        ("message started", "message-3", 5),
        ("text", "message-3", "Snow."),
        (
            "message finished",
            {
                "id": "message-3",
                "status": "completed",
                "content": "Snow.",
                "used": (30, 2, 2, "0.003"),
                "seconds": (5, 7),
            },
        ),
        ("run completed", {"status": "completed", "rounds": 3, "used": (60, 11, 6, "0.006")}),
    ),
    requests=(
        {"round": 0, "tools": ("weather", "time"), "turns": (("user", "How is the weather?"),)},
        {
            "round": 1,
            "tools": ("weather", "time"),
            "turns": (
                ("assistant", None, ("call-1", "time", "{}")),
                ("tool", "call-1", "time", "noon"),
            ),
        },
        {
            "round": 2,
            "tools": ("weather", "time"),
            "turns": (
                ("assistant", "Noon it is. ", ("call-2", "weather", '{"location": "Oslo"}')),
                ("tool", "call-2", "weather", "snow"),
            ),
        },
    ),
)
CALLS_WITHOUT_IDS_OF_THEIR_OWN = Scenario(
    name="calls_without_ids_of_their_own",
    executions=(
        (
            (
                ("call", 0, "same", "time", ""),
                ("call", 1, "same", "time", "{}"),
                ("call", 2, "", "time", ""),
                ("call", 3, None, "time", ""),
                ("call", 4, "nul\x00", "time", '{"a": "\x00"}'),
                ("finish", "tool_calls", 10, 4),
            ),
        ),
        ((("text", "Noon."), ("finish", "stop", 20, 2)),),
    ),
    tools=("time",),
    outputs=(
        {
            "same": "1",
            "call-made-1": "2",
            "call-made-2": "3",
            "call-made-3": "4",
            "nul": "5",
        },
    ),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 4)}),
        ("call", "message-1", ("same", "time", "{}")),
        ("call", "message-1", ("call-made-1", "time", "{}")),
        ("call", "message-1", ("call-made-2", "time", "{}")),
        ("call", "message-1", ("call-made-3", "time", "{}")),
        ("call", "message-1", ("nul", "time", '{"a": ""}')),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "requires_action",
                "content": None,
                "used": (10, 4),
                "seconds": (0, 6),
                "calls": (
                    ("same", "time", "{}"),
                    ("call-made-1", "time", "{}"),
                    ("call-made-2", "time", "{}"),
                    ("call-made-3", "time", "{}"),
                    ("nul", "time", '{"a": ""}'),
                ),
            },
        ),
        (
            "run paused",
            {"status": "requires_action", "rounds": 1, "used": (10, 4)},
            ("same", "time", "{}"),
            ("call-made-1", "time", "{}"),
            ("call-made-2", "time", "{}"),
            ("call-made-3", "time", "{}"),
            ("nul", "time", '{"a": ""}'),
        ),
        ("run started", {"status": "in_progress", "rounds": 1, "used": (10, 4)}, "message-2"),
        ("message started", "message-2", 6),
        ("text", "message-2", "Noon."),
        (
            "message finished",
            {
                "id": "message-2",
                "status": "completed",
                "content": "Noon.",
                "used": (20, 2),
                "seconds": (6, 8),
            },
        ),
        ("run completed", {"status": "completed", "rounds": 2, "used": (30, 6)}),
    ),
    requests=(
        {"round": 0, "tools": ("time",), "turns": (("user", "How is the weather?"),)},
        {
            "round": 1,
            "tools": ("time",),
            "turns": (
                (
                    "assistant",
                    None,
                    ("same", "time", "{}"),
                    ("call-made-1", "time", "{}"),
                    ("call-made-2", "time", "{}"),
                    ("call-made-3", "time", "{}"),
                    ("nul", "time", '{"a": ""}'),
                ),
                ("tool", "same", "time", "1"),
                ("tool", "call-made-1", "time", "2"),
                ("tool", "call-made-2", "time", "3"),
                ("tool", "call-made-3", "time", "4"),
                ("tool", "nul", "time", "5"),
            ),
        },
    ),
)
ONE_CALL_AT_A_TIME = Scenario(
    name="one_call_at_a_time",
    executions=(
        (
            (
                ("call", 0, "call-1", "time", "{}"),
                ("call", 1, "call-2", "weather", "no object"),
                ("finish", "tool_calls", 10, 4),
            ),
        ),
        ((("text", "Noon."), ("finish", "stop", 20, 2)),),
    ),
    tools=("weather", "time"),
    outputs=({"call-1": "noon"},),
    options={"parallel_tool_calls": False},
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 4)}),
        ("call", "message-1", ("call-1", "time", "{}")),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "requires_action",
                "content": None,
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
        ("text", "message-2", "Noon."),
        (
            "message finished",
            {
                "id": "message-2",
                "status": "completed",
                "content": "Noon.",
                "used": (20, 2),
                "seconds": (3, 5),
            },
        ),
        ("run completed", {"status": "completed", "rounds": 2, "used": (30, 6)}),
    ),
    requests=(
        {
            "round": 0,
            "tools": ("weather", "time"),
            "turns": (("user", "How is the weather?"),),
            "options": {"parallel_tool_calls": False},
        },
        {
            "round": 1,
            "tools": ("weather", "time"),
            "turns": (
                ("assistant", None, ("call-1", "time", "{}")),
                ("tool", "call-1", "time", "noon"),
            ),
            "options": {"parallel_tool_calls": False},
        },
    ),
)
FORCED_CALL = Scenario(
    name="forced_call",
    executions=(
        (
            (("call", 0, "call-1", "weather", "{}"), ("finish", "tool_calls", 10, 4)),
            (
                ("call", 0, "call-2", "weather", '{"location": "Oslo"}'),
                ("finish", "tool_calls", 15, 4),
            ),
        ),
        ((("text", "Snow."), ("finish", "stop", 20, 2)),),
    ),
    tools=("weather",),
    outputs=({"call-2": "snow"},),
    options={"tool_choice": "required", "top_p": 0.9},
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 4)}),
        ("round finished", {"status": "in_progress", "rounds": 2, "used": (25, 8)}),
        ("call", "message-1", ("call-2", "weather", '{"location": "Oslo"}')),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "requires_action",
                "content": None,
                "used": (25, 8),
                "seconds": (0, 4),
                "calls": (("call-2", "weather", '{"location": "Oslo"}'),),
            },
        ),
        (
            "run paused",
            {"status": "requires_action", "rounds": 2, "used": (25, 8)},
            ("call-2", "weather", '{"location": "Oslo"}'),
        ),
        ("run started", {"status": "in_progress", "rounds": 2, "used": (25, 8)}, "message-2"),
        ("message started", "message-2", 4),
        ("text", "message-2", "Snow."),
        (
            "message finished",
            {
                "id": "message-2",
                "status": "completed",
                "content": "Snow.",
                "used": (20, 2),
                "seconds": (4, 6),
            },
        ),
        ("run completed", {"status": "completed", "rounds": 3, "used": (45, 10)}),
    ),
    requests=(
        {
            "round": 0,
            "tools": ("weather",),
            "turns": (("user", "How is the weather?"),),
            "options": {"top_p": 0.9, "tool_choice": "required"},
        },
        {
            "round": 1,
            "tools": ("weather",),
            "turns": (
                ("assistant", None, ("call-1", "weather", "{}")),
                ("tool", "call-1", "weather", "The arguments of 'weather' lack 'location'."),
            ),
            "options": {"top_p": 0.9},
        },
        {
            "round": 2,
            "tools": ("weather",),
            "turns": (
                ("user", "How is the weather?"),
                ("assistant", None, ("call-2", "weather", '{"location": "Oslo"}')),
                ("tool", "call-2", "weather", "snow"),
            ),
            "options": {"top_p": 0.9},
        },
    ),
)
