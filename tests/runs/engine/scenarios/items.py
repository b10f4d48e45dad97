"""What an answer consists of besides its text: refusals, signed reasoning, calls that end early."""

from tests.runs.engine.scenario import Ending, Scenario

_QUESTION = ("user", "How is the weather?")
_STARTED = (
    ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
    ("message started", "message-1", 0),
)
_NO_ROOM = '{"location": '
_NO_OBJECT = "The arguments of 'weather' are not a JSON object."
_FILTERED = (
    "provider_failed",
    "content_filter",
    "The provider's content filter cut the answer short",
)

REFUSES = Scenario(
    name="refuses",
    executions=(
        (
            (
                ("refusal", "I cannot "),
                ("refusal", "say that."),
                ("finish", "stop", 7, 5),
            ),
        ),
    ),
    events=(
        *_STARTED,
        ("refusal", "message-1", "I cannot "),
        ("refusal", "message-1", "say that."),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "completed",
                "content": "I cannot say that.",
                "used": (7, 5),
                "seconds": (0, 3),
            },
        ),
        ("run completed", {"status": "completed", "rounds": 1, "used": (7, 5)}),
    ),
    requests=({"round": 0, "tools": (), "turns": (_QUESTION,)},),
)
REFUSES_AFTER_SOME_TEXT = Scenario(
    name="refuses_after_some_text",
    executions=(
        (
            (
                ("text", "It snows. "),
                ("refusal", "No more."),
                ("finish", "stop", 7, 5),
            ),
        ),
    ),
    events=(
        *_STARTED,
        ("text", "message-1", "It snows. "),
        ("refusal", "message-1", "No more."),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "completed",
                "content": "It snows. No more.",
                "used": (7, 5),
                "seconds": (0, 3),
            },
        ),
        ("run completed", {"status": "completed", "rounds": 1, "used": (7, 5)}),
    ),
    requests=({"round": 0, "tools": (), "turns": (_QUESTION,)},),
)
THINKS_SIGNED = Scenario(
    name="thinks_signed",
    executions=(
        (
            (
                ("reasoning", "Two things. "),
                ("reasoning", "Look."),
                ("signed", "sig-1"),
                ("encrypted", "sealed"),
                ("text", "One moment. "),
                ("call", 0, "call-1", "search", '{"query": "weather"}'),
                ("finish", "tool_calls", 10, 4, 0, None, 3),
            ),
            (
                ("reasoning", "Snow, then."),
                ("signed", "sig-2"),
                ("call", 0, "call-2", "weather", '{"location": "Oslo"}'),
                ("finish", "tool_calls", 20, 6, 0, None, 2),
            ),
        ),
        ((("text", "It snows."), ("finish", "stop", 30, 3)),),
    ),
    tools=("weather",),
    server_tools={"search": "Snow in Oslo"},
    outputs=({"call-2": "-3"},),
    events=(
        *_STARTED,
        ("reasoning", "message-1", "Two things. "),
        ("reasoning", "message-1", "Look."),
        ("reasoning finished", "message-1"),
        ("text", "message-1", "One moment. "),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 4, "3 thought")}),
        ("reasoning", "message-1", "Snow, then."),
        ("reasoning finished", "message-1"),
        (
            "round finished",
            {
                "status": "in_progress",
                "rounds": 2,
                "used": (30, 10, "5 thought"),
                "findings": (('search {"query": "weather"}', "Snow in Oslo"),),
            },
        ),
        ("call", "message-1", ("call-2", "weather", '{"location": "Oslo"}')),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "requires_action",
                "content": "One moment. ",
                "used": (30, 10, "5 thought"),
                "seconds": (0, 11),
                "reasoning": "Two things. Look.Snow, then.",
                "calls": (("call-2", "weather", '{"location": "Oslo"}'),),
            },
        ),
        (
            "run paused",
            {
                "status": "requires_action",
                "rounds": 2,
                "used": (30, 10, "5 thought"),
                "findings": (('search {"query": "weather"}', "Snow in Oslo"),),
            },
            ("call-2", "weather", '{"location": "Oslo"}'),
        ),
        (
            "run started",
            {
                "status": "in_progress",
                "rounds": 2,
                "used": (30, 10, "5 thought"),
                "findings": (('search {"query": "weather"}', "Snow in Oslo"),),
            },
            "message-2",
        ),
        ("message started", "message-2", 11),
        ("text", "message-2", "It snows."),
        (
            "message finished",
            {
                "id": "message-2",
                "status": "completed",
                "content": "It snows.",
                "used": (30, 3),
                "seconds": (11, 13),
            },
        ),
        (
            "run completed",
            {
                "status": "completed",
                "rounds": 3,
                "used": (60, 13, "5 thought"),
                "findings": (('search {"query": "weather"}', "Snow in Oslo"),),
            },
        ),
    ),
    requests=(
        {"round": 0, "tools": ("weather", "search"), "turns": (_QUESTION,)},
        {
            "round": 1,
            "tools": ("weather", "search"),
            "turns": (
                (
                    "assistant",
                    "One moment. ",
                    ("call-1", "search", '{"query": "weather"}'),
                    (
                        "reasoning",
                        ("Two things. Look.", "sig-1", None),
                        ("", None, "sealed"),
                    ),
                ),
                ("tool", "call-1", "search", "Snow in Oslo"),
            ),
        },
        {
            "round": 2,
            "tools": ("weather", "search"),
            "turns": (
                _QUESTION,
                (
                    "assistant",
                    "One moment. ",
                    ("call-2", "weather", '{"location": "Oslo"}'),
                    (
                        "reasoning",
                        ("Two things. Look.", "sig-1", None),
                        ("", None, "sealed"),
                        ("Snow, then.", "sig-2", None),
                    ),
                ),
                ("tool", "call-2", "weather", "-3"),
            ),
        },
    ),
)
FILTERED_WITH_A_CALL = Scenario(
    name="filtered_with_a_call",
    executions=(
        (
            (
                ("call", 0, "call-1", "weather", '{"location": "Oslo"}'),
                ("finish", "content_filter", 7, 2),
            ),
        ),
    ),
    tools=("weather",),
    events=(
        *_STARTED,
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (7, 2)}),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "incomplete",
                "content": "",
                "used": (7, 2),
                "seconds": (0, 2),
                "failure": _FILTERED,
            },
        ),
        (
            "run completed",
            {"status": "incomplete", "rounds": 1, "used": (7, 2), "incomplete": "content_filter"},
        ),
    ),
    requests=({"round": 0, "tools": ("weather",), "turns": (_QUESTION,)},),
)
CUT_BY_LENGTH_AMID_CALLS = Scenario(
    name="cut_by_length_amid_calls",
    executions=(
        tuple(
            (("call", 0, f"call-{number}", "weather", _NO_ROOM), ("finish", "length", 10, 4))
            for number in (1, 2, 3)
        ),
    ),
    tools=("weather",),
    events=(
        *_STARTED,
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 4)}),
        ("round finished", {"status": "in_progress", "rounds": 2, "used": (20, 8)}),
        ("round finished", {"status": "in_progress", "rounds": 3, "used": (30, 12)}),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "incomplete",
                "content": "",
                "used": (30, 12),
                "seconds": (0, 6),
            },
        ),
        (
            "run completed",
            {
                "status": "incomplete",
                "rounds": 3,
                "used": (30, 12),
                "incomplete": "max_completion_tokens",
            },
        ),
    ),
    requests=(
        {"round": 0, "tools": ("weather",), "turns": (_QUESTION,)},
        *(
            {
                "round": number,
                "tools": ("weather",),
                "turns": (
                    ("assistant", None, (f"call-{number}", "weather", _NO_ROOM.strip())),
                    ("tool", f"call-{number}", "weather", _NO_OBJECT),
                ),
            }
            for number in (1, 2)
        ),
    ),
)
CANCELLED_ONCE_SEARCHED = Scenario(
    name="cancelled_once_searched",
    executions=(
        (
            (
                ("call", 0, "call-1", "search", '{"query": "weather"}'),
                ("finish", "tool_calls", 10, 4),
            ),
            (("text", "It "), ("text", "snows."), ("finish", "stop", 20, 4)),
        ),
    ),
    server_tools={"search": "Snow in Oslo"},
    ending=Ending(4, "cancelled"),
    events=(
        *_STARTED,
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 4)}),
        ("text", "message-1", "It "),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "cancelled",
                "content": "It ",
                "used": (10, 4),
                "seconds": (0, 3),
            },
        ),
        (
            "run cancelled",
            {
                "status": "cancelled",
                "rounds": 2,
                "used": (10, 4),
                "findings": (('search {"query": "weather"}', "Snow in Oslo"),),
            },
        ),
    ),
    requests=(
        {"round": 0, "tools": ("search",), "turns": (_QUESTION,)},
        {
            "round": 1,
            "tools": ("search",),
            "turns": (
                ("assistant", None, ("call-1", "search", '{"query": "weather"}')),
                ("tool", "call-1", "search", "Snow in Oslo"),
            ),
        },
    ),
)
