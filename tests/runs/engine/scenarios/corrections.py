"""Calls that cannot be passed on: the model is told what is wrong and asked again, twice."""

from tests.runs.engine.scenario import Scenario

_GOOD = (("call", 0, "call-9", "weather", '{"location": "Oslo"}'), ("finish", "tool_calls", 12, 4))
_ANSWER = ((("text", "Snow."), ("finish", "stop", 20, 2)),)
_NO_OBJECT = "The arguments of 'weather' are not a JSON object."

UNKNOWN_TOOL = Scenario(
    name="unknown_tool",
    executions=(
        (
            (
                ("text", "Let me see. "),
                ("call", 0, "call-1", "forecast", "{}"),
                ("finish", "tool_calls", 10, 4),
            ),
            _GOOD,
        ),
        _ANSWER,
    ),
    tools=("weather",),
    outputs=({"call-9": "snow"},),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("text", "message-1", "Let me see. "),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 4)}),
        ("round finished", {"status": "in_progress", "rounds": 2, "used": (22, 8)}),
        ("call", "message-1", ("call-9", "weather", '{"location": "Oslo"}')),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "requires_action",
                "content": "Let me see. ",
                "used": (22, 8),
                "seconds": (0, 5),
                "calls": (("call-9", "weather", '{"location": "Oslo"}'),),
            },
        ),
        (
            "run paused",
            {"status": "requires_action", "rounds": 2, "used": (22, 8)},
            ("call-9", "weather", '{"location": "Oslo"}'),
        ),
        ("run started", {"status": "in_progress", "rounds": 2, "used": (22, 8)}, "message-2"),
        ("message started", "message-2", 5),
        ("text", "message-2", "Snow."),
        (
            "message finished",
            {
                "id": "message-2",
                "status": "completed",
                "content": "Snow.",
                "used": (20, 2),
                "seconds": (5, 7),
            },
        ),
        ("run completed", {"status": "completed", "rounds": 3, "used": (42, 10)}),
    ),
    requests=(
        {"round": 0, "tools": ("weather",), "turns": (("user", "How is the weather?"),)},
        {
            "round": 1,
            "tools": ("weather",),
            "turns": (
                ("assistant", "Let me see. ", ("call-1", "forecast", "{}")),
                ("tool", "call-1", "forecast", "There is no tool named 'forecast'."),
            ),
        },
        {
            "round": 2,
            "tools": ("weather",),
            "turns": (
                ("user", "How is the weather?"),
                ("assistant", "Let me see. ", ("call-9", "weather", '{"location": "Oslo"}')),
                ("tool", "call-9", "weather", "snow"),
            ),
        },
    ),
)
NO_JSON_THEN_NO_CALL = Scenario(
    name="no_json_then_no_call",
    executions=(
        (
            (("call", 0, "call-1", "weather", '{"location": '), ("finish", "length", 10, 4)),
            (("text", "I cannot look."), ("finish", "stop", 12, 4)),
        ),
    ),
    tools=("weather",),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 4)}),
        ("text", "message-1", "I cannot look."),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "completed",
                "content": "I cannot look.",
                "used": (22, 8),
                "seconds": (0, 4),
            },
        ),
        ("run completed", {"status": "completed", "rounds": 2, "used": (22, 8)}),
    ),
    requests=(
        {"round": 0, "tools": ("weather",), "turns": (("user", "How is the weather?"),)},
        {
            "round": 1,
            "tools": ("weather",),
            "turns": (
                ("assistant", None, ("call-1", "weather", '{"location":')),
                ("tool", "call-1", "weather", _NO_OBJECT),
            ),
        },
    ),
)
SCHEMA_VIOLATED_TWICE = Scenario(
    name="schema_violated_twice",
    executions=(
        (
            (("call", 0, "call-1", "weather", "{}"), ("finish", "tool_calls", 10, 4)),
            (("call", 0, "call-2", "weather", '["Oslo"]'), ("finish", "tool_calls", 11, 4)),
            _GOOD,
        ),
        _ANSWER,
    ),
    tools=("weather",),
    outputs=({"call-9": "snow"},),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 4)}),
        ("round finished", {"status": "in_progress", "rounds": 2, "used": (21, 8)}),
        ("round finished", {"status": "in_progress", "rounds": 3, "used": (33, 12)}),
        ("call", "message-1", ("call-9", "weather", '{"location": "Oslo"}')),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "requires_action",
                "content": None,
                "used": (33, 12),
                "seconds": (0, 6),
                "calls": (("call-9", "weather", '{"location": "Oslo"}'),),
            },
        ),
        (
            "run paused",
            {"status": "requires_action", "rounds": 3, "used": (33, 12)},
            ("call-9", "weather", '{"location": "Oslo"}'),
        ),
        ("run started", {"status": "in_progress", "rounds": 3, "used": (33, 12)}, "message-2"),
        ("message started", "message-2", 6),
        ("text", "message-2", "Snow."),
        (
            "message finished",
            {
                "id": "message-2",
                "status": "completed",
                "content": "Snow.",
                "used": (20, 2),
                "seconds": (6, 8),
            },
        ),
        ("run completed", {"status": "completed", "rounds": 4, "used": (53, 14)}),
    ),
    requests=(
        {"round": 0, "tools": ("weather",), "turns": (("user", "How is the weather?"),)},
        {
            "round": 1,
            "tools": ("weather",),
            "turns": (
                ("assistant", None, ("call-1", "weather", "{}")),
                ("tool", "call-1", "weather", "The arguments of 'weather' lack 'location'."),
            ),
        },
        {
            "round": 2,
            "tools": ("weather",),
            "turns": (
                ("assistant", None, ("call-2", "weather", '["Oslo"]')),
                ("tool", "call-2", "weather", _NO_OBJECT),
            ),
        },
        {
            "round": 3,
            "tools": ("weather",),
            "turns": (
                ("user", "How is the weather?"),
                ("assistant", None, ("call-9", "weather", '{"location": "Oslo"}')),
                ("tool", "call-9", "weather", "snow"),
            ),
        },
    ),
)
GOOD_BESIDE_BAD = Scenario(
    name="good_beside_bad",
    executions=(
        (
            (
                ("call", 0, "call-1", "weather", '{"location": "Oslo"}'),
                ("call", 1, "call-2", "search", "{}"),
                ("finish", "tool_calls", 10, 4),
            ),
            (("text", "Never mind."), ("finish", "stop", 12, 4)),
        ),
    ),
    tools=("weather",),
    server_tools={"search": "Snow in Oslo"},
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 4)}),
        ("text", "message-1", "Never mind."),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "completed",
                "content": "Never mind.",
                "used": (22, 8),
                "seconds": (0, 5),
            },
        ),
        ("run completed", {"status": "completed", "rounds": 2, "used": (22, 8)}),
    ),
    requests=(
        {"round": 0, "tools": ("weather", "search"), "turns": (("user", "How is the weather?"),)},
        {
            "round": 1,
            "tools": ("weather", "search"),
            "turns": (
                (
                    "assistant",
                    None,
                    ("call-1", "weather", '{"location": "Oslo"}'),
                    ("call-2", "search", "{}"),
                ),
                ("tool", "call-1", "weather", "Not made: another call was wrong."),
                ("tool", "call-2", "search", "The arguments of 'search' lack 'query'."),
            ),
        },
    ),
)
GIVEN_UP = Scenario(
    name="given_up",
    executions=(
        (
            (("call", 0, "call-1", "weather", "{}"), ("finish", "tool_calls", 10, 4)),
            (("text", "Again. "), ("call", 0, "call-2", "", ""), ("finish", "tool_calls", 11, 4)),
            (("call", 0, "call-3", "weather", "Oslo"), ("finish", "tool_calls", 12, 4)),
        ),
    ),
    tools=("weather",),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 4)}),
        ("text", "message-1", "Again. "),
        ("round finished", {"status": "in_progress", "rounds": 2, "used": (21, 8)}),
        ("round finished", {"status": "in_progress", "rounds": 3, "used": (33, 12)}),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "failed",
                "content": "Again. ",
                "used": (33, 12),
                "seconds": (0, 7),
                "failure": (
                    "provider_failed",
                    "invalid_tool_call",
                    f"The model does not make a valid tool call: {_NO_OBJECT}",
                ),
            },
        ),
        (
            "run failed",
            {
                "status": "failed",
                "rounds": 3,
                "used": (33, 12),
                "failure": (
                    "provider_failed",
                    "invalid_tool_call",
                    f"The model does not make a valid tool call: {_NO_OBJECT}",
                ),
            },
        ),
    ),
    requests=(
        {"round": 0, "tools": ("weather",), "turns": (("user", "How is the weather?"),)},
        {
            "round": 1,
            "tools": ("weather",),
            "turns": (
                ("assistant", None, ("call-1", "weather", "{}")),
                ("tool", "call-1", "weather", "The arguments of 'weather' lack 'location'."),
            ),
        },
        {
            "round": 2,
            "tools": ("weather",),
            "turns": (
                ("assistant", "Again. ", ("call-2", "", "{}")),
                ("tool", "call-2", "", "There is no tool named ''."),
            ),
        },
    ),
)
