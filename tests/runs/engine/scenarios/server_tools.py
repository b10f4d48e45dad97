"""Tools that the server answers itself, in the midst of an execution."""

from tests.runs.engine.scenario import Scenario

_SNOW = {"search": "Snow in Oslo"}

SEARCHES = Scenario(
    name="searches",
    executions=(
        (
            (
                ("reasoning", "Look it up."),
                ("text", "Let me see. "),
                ("call", 0, "call-1", "search", '{"query": "weather"}'),
                ("finish", "tool_calls", 10, 4),
            ),
            (("text", "It "), ("text", "snows."), ("finish", "stop", 20, 3)),
        ),
    ),
    tools=("weather",),
    server_tools=_SNOW,
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("reasoning", "message-1", "Look it up."),
        ("reasoning finished", "message-1"),
        ("text", "message-1", "Let me see. "),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 4)}),
        ("text", "message-1", "It "),
        ("text", "message-1", "snows."),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "completed",
                "content": "Let me see. It snows.",
                "used": (30, 7),
                "seconds": (0, 7),
                "reasoning": "Look it up.",
            },
        ),
        (
            "run completed",
            {
                "status": "completed",
                "rounds": 2,
                "used": (30, 7),
                "findings": (('search {"query": "weather"}', "Snow in Oslo"),),
            },
        ),
    ),
    requests=(
        {"round": 0, "tools": ("weather", "search"), "turns": (("user", "How is the weather?"),)},
        {
            "round": 1,
            "tools": ("weather", "search"),
            "turns": (
                (
                    "assistant",
                    "Let me see. ",
                    ("call-1", "search", '{"query": "weather"}'),
                    ("reasoning", ("Look it up.", None, None)),
                ),
                ("tool", "call-1", "search", "Snow in Oslo"),
            ),
        },
    ),
)
SEARCHES_AGAIN = Scenario(
    name="searches_again",
    executions=(
        (
            (
                ("text", "Let me see. "),
                ("call", 0, "call-1", "search", '{"query": "a"}'),
                ("finish", "tool_calls", 10, 4),
            ),
            (
                ("text", "And "),
                ("text", "more. "),
                ("call", 0, "call-2", "search", '{"query": "b"}'),
                ("finish", "tool_calls", 15, 4),
            ),
            (("text", "It snows."), ("finish", "stop", 20, 3)),
        ),
    ),
    server_tools=_SNOW,
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("text", "message-1", "Let me see. "),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 4)}),
        ("text", "message-1", "And "),
        ("text", "message-1", "more. "),
        (
            "round finished",
            {
                "status": "in_progress",
                "rounds": 2,
                "used": (25, 8),
                "findings": (('search {"query": "a"}', "Snow in Oslo"),),
            },
        ),
        ("text", "message-1", "It snows."),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "completed",
                "content": "Let me see. And more. It snows.",
                "used": (45, 11),
                "seconds": (0, 9),
            },
        ),
        (
            "run completed",
            {
                "status": "completed",
                "rounds": 3,
                "used": (45, 11),
                "findings": (
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "b"}', "Snow in Oslo"),
                ),
            },
        ),
    ),
    requests=(
        {"round": 0, "tools": ("search",), "turns": (("user", "How is the weather?"),)},
        {
            "round": 1,
            "tools": ("search",),
            "turns": (
                ("assistant", "Let me see. ", ("call-1", "search", '{"query": "a"}')),
                ("tool", "call-1", "search", "Snow in Oslo"),
            ),
        },
        {
            "round": 2,
            "tools": ("search",),
            "turns": (
                ("assistant", "And more. ", ("call-2", "search", '{"query": "b"}')),
                ("tool", "call-2", "search", "Snow in Oslo"),
            ),
        },
    ),
)
SEARCHES_TWICE_AT_ONCE = Scenario(
    name="searches_twice_at_once",
    executions=(
        (
            (
                ("call", 0, "call-1", "search", '{"query": "a"}'),
                ("call", 1, "call-2", "search", '{"query": "b"}'),
                ("finish", "tool_calls", 10, 4),
            ),
            (("text", "It snows."), ("finish", "stop", 20, 3)),
        ),
    ),
    server_tools={"search": "Snow\x00 \ud800"},
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 4)}),
        ("text", "message-1", "It snows."),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "completed",
                "content": "It snows.",
                "used": (30, 7),
                "seconds": (0, 5),
            },
        ),
        (
            "run completed",
            {
                "status": "completed",
                "rounds": 2,
                "used": (30, 7),
                "findings": (
                    ('search {"query": "a"}', "Snow ?"),
                    ('search {"query": "b"}', "Snow ?"),
                ),
            },
        ),
    ),
    requests=(
        {"round": 0, "tools": ("search",), "turns": (("user", "How is the weather?"),)},
        {
            "round": 1,
            "tools": ("search",),
            "turns": (
                (
                    "assistant",
                    None,
                    ("call-1", "search", '{"query": "a"}'),
                    ("call-2", "search", '{"query": "b"}'),
                ),
                ("tool", "call-1", "search", "Snow ?"),
                ("tool", "call-2", "search", "Snow ?"),
            ),
        },
    ),
)
TOO_MANY_SEARCHES_AT_ONCE = Scenario(
    name="too_many_searches_at_once",
    executions=(
        (
            (
                *(("call", at, f"call-{at}", "search", '{"query": "a"}') for at in range(9)),
                ("finish", "tool_calls", 10, 4),
            ),
            (("text", "It snows."), ("finish", "stop", 20, 3)),
        ),
    ),
    server_tools=_SNOW,
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 4)}),
        ("text", "message-1", "It snows."),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "completed",
                "content": "It snows.",
                "used": (30, 7),
                "seconds": (0, 12),
            },
        ),
        (
            "run completed",
            {
                "status": "completed",
                "rounds": 2,
                "used": (30, 7),
                "findings": (
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                ),
            },
        ),
    ),
    requests=(
        {"round": 0, "tools": ("search",), "turns": (("user", "How is the weather?"),)},
        {
            "round": 1,
            "tools": ("search",),
            "turns": (
                (
                    "assistant",
                    None,
                    ("call-0", "search", '{"query": "a"}'),
                    ("call-1", "search", '{"query": "a"}'),
                    ("call-2", "search", '{"query": "a"}'),
                    ("call-3", "search", '{"query": "a"}'),
                    ("call-4", "search", '{"query": "a"}'),
                    ("call-5", "search", '{"query": "a"}'),
                    ("call-6", "search", '{"query": "a"}'),
                    ("call-7", "search", '{"query": "a"}'),
                    ("call-8", "search", '{"query": "a"}'),
                ),
                ("tool", "call-0", "search", "Snow in Oslo"),
                ("tool", "call-1", "search", "Snow in Oslo"),
                ("tool", "call-2", "search", "Snow in Oslo"),
                ("tool", "call-3", "search", "Snow in Oslo"),
                ("tool", "call-4", "search", "Snow in Oslo"),
                ("tool", "call-5", "search", "Snow in Oslo"),
                ("tool", "call-6", "search", "Snow in Oslo"),
                ("tool", "call-7", "search", "Snow in Oslo"),
                ("tool", "call-8", "search", "Not made: too many calls at once."),
            ),
        },
    ),
)
USES_ARE_SPENT = Scenario(
    name="uses_are_spent",
    executions=(
        (
            *(
                (
                    ("call", 0, f"call-{at}", "search", '{"query": "a"}'),
                    ("finish", "tool_calls", 10, 1),
                )
                for at in range(8)
            ),
            (("call", 0, "call-8", "search", '{"query": "a"}'), ("finish", "tool_calls", 10, 1)),
            (("text", "It snows."), ("finish", "stop", 20, 3)),
        ),
    ),
    tools=("weather",),
    server_tools=_SNOW,
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 1)}),
        (
            "round finished",
            {
                "status": "in_progress",
                "rounds": 2,
                "used": (20, 2),
                "findings": (('search {"query": "a"}', "Snow in Oslo"),),
            },
        ),
        (
            "round finished",
            {
                "status": "in_progress",
                "rounds": 3,
                "used": (30, 3),
                "findings": (
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                ),
            },
        ),
        (
            "round finished",
            {
                "status": "in_progress",
                "rounds": 4,
                "used": (40, 4),
                "findings": (
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                ),
            },
        ),
        (
            "round finished",
            {
                "status": "in_progress",
                "rounds": 5,
                "used": (50, 5),
                "findings": (
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                ),
            },
        ),
        (
            "round finished",
            {
                "status": "in_progress",
                "rounds": 6,
                "used": (60, 6),
                "findings": (
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                ),
            },
        ),
        (
            "round finished",
            {
                "status": "in_progress",
                "rounds": 7,
                "used": (70, 7),
                "findings": (
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                ),
            },
        ),
        (
            "round finished",
            {
                "status": "in_progress",
                "rounds": 8,
                "used": (80, 8),
                "findings": (
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                ),
            },
        ),
        (
            "round finished",
            {
                "status": "in_progress",
                "rounds": 9,
                "used": (90, 9),
                "findings": (
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                ),
            },
        ),
        ("text", "message-1", "It snows."),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "completed",
                "content": "It snows.",
                "used": (110, 12),
                "seconds": (0, 20),
            },
        ),
        (
            "run completed",
            {
                "status": "completed",
                "rounds": 10,
                "used": (110, 12),
                "findings": (
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                    ('search {"query": "a"}', "Snow in Oslo"),
                ),
            },
        ),
    ),
    requests=(
        {"round": 0, "tools": ("weather", "search"), "turns": (("user", "How is the weather?"),)},
        {
            "round": 1,
            "tools": ("weather", "search"),
            "turns": (
                ("assistant", None, ("call-0", "search", '{"query": "a"}')),
                ("tool", "call-0", "search", "Snow in Oslo"),
            ),
        },
        {
            "round": 2,
            "tools": ("weather", "search"),
            "turns": (
                ("assistant", None, ("call-1", "search", '{"query": "a"}')),
                ("tool", "call-1", "search", "Snow in Oslo"),
            ),
        },
        {
            "round": 3,
            "tools": ("weather", "search"),
            "turns": (
                ("assistant", None, ("call-2", "search", '{"query": "a"}')),
                ("tool", "call-2", "search", "Snow in Oslo"),
            ),
        },
        {
            "round": 4,
            "tools": ("weather", "search"),
            "turns": (
                ("assistant", None, ("call-3", "search", '{"query": "a"}')),
                ("tool", "call-3", "search", "Snow in Oslo"),
            ),
        },
        {
            "round": 5,
            "tools": ("weather", "search"),
            "turns": (
                ("assistant", None, ("call-4", "search", '{"query": "a"}')),
                ("tool", "call-4", "search", "Snow in Oslo"),
            ),
        },
        {
            "round": 6,
            "tools": ("weather", "search"),
            "turns": (
                ("assistant", None, ("call-5", "search", '{"query": "a"}')),
                ("tool", "call-5", "search", "Snow in Oslo"),
            ),
        },
        {
            "round": 7,
            "tools": ("weather", "search"),
            "turns": (
                ("assistant", None, ("call-6", "search", '{"query": "a"}')),
                ("tool", "call-6", "search", "Snow in Oslo"),
            ),
        },
        {
            "round": 8,
            "tools": ("weather",),
            "turns": (
                ("assistant", None, ("call-7", "search", '{"query": "a"}')),
                ("tool", "call-7", "search", "Snow in Oslo"),
            ),
        },
        {
            "round": 9,
            "tools": ("weather",),
            "turns": (
                ("assistant", None, ("call-8", "search", '{"query": "a"}')),
                ("tool", "call-8", "search", "There is no tool named 'search'."),
            ),
        },
    ),
)
SEARCHES_AND_CALLS = Scenario(
    name="searches_and_calls",
    executions=(
        (
            (
                ("call", 0, "call-1", "search", '{"query": "weather"}'),
                ("call", 1, "call-2", "weather", '{"location": "Oslo"}'),
                ("finish", "tool_calls", 10, 4),
            ),
        ),
        (
            (
                ("call", 0, "call-3", "search", '{"query": "more"}'),
                ("finish", "tool_calls", 20, 4),
            ),
            (("text", "It snows."), ("finish", "stop", 30, 3)),
        ),
    ),
    tools=("weather",),
    server_tools=_SNOW,
    outputs=({"call-2": "snow"},),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 4)}),
        ("call", "message-1", ("call-2", "weather", '{"location": "Oslo"}')),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "requires_action",
                "content": None,
                "used": (10, 4),
                "seconds": (0, 3),
                "calls": (("call-2", "weather", '{"location": "Oslo"}'),),
            },
        ),
        (
            "run paused",
            {
                "status": "requires_action",
                "rounds": 1,
                "used": (10, 4),
                "findings": (('search {"query": "weather"}', "Snow in Oslo"),),
            },
            ("call-2", "weather", '{"location": "Oslo"}'),
        ),
        (
            "run started",
            {
                "status": "in_progress",
                "rounds": 1,
                "used": (10, 4),
                "findings": (('search {"query": "weather"}', "Snow in Oslo"),),
            },
            "message-2",
        ),
        ("message started", "message-2", 3),
        (
            "round finished",
            {
                "status": "in_progress",
                "rounds": 2,
                "used": (30, 8),
                "findings": (('search {"query": "weather"}', "Snow in Oslo"),),
            },
        ),
        ("text", "message-2", "It snows."),
        (
            "message finished",
            {
                "id": "message-2",
                "status": "completed",
                "content": "It snows.",
                "used": (50, 7),
                "seconds": (3, 7),
            },
        ),
        (
            "run completed",
            {
                "status": "completed",
                "rounds": 3,
                "used": (60, 11),
                "findings": (
                    ('search {"query": "weather"}', "Snow in Oslo"),
                    ('search {"query": "more"}', "Snow in Oslo"),
                ),
            },
        ),
    ),
    requests=(
        {"round": 0, "tools": ("weather", "search"), "turns": (("user", "How is the weather?"),)},
        {
            "round": 1,
            "tools": ("weather", "search"),
            "turns": (
                ("assistant", None, ("call-2", "weather", '{"location": "Oslo"}')),
                ("tool", "call-2", "weather", "snow"),
            ),
        },
        {
            "round": 2,
            "tools": ("weather", "search"),
            "turns": (
                ("assistant", None, ("call-3", "search", '{"query": "more"}')),
                ("tool", "call-3", "search", "Snow in Oslo"),
            ),
        },
    ),
)
