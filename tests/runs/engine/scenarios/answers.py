"""What a model says without calling anything."""

from tests.runs.engine.scenario import Scenario

_FILTERED = (
    "provider_failed",
    "content_filter",
    "The provider's content filter cut the answer short",
)

PLAIN = Scenario(
    name="plain",
    executions=(((("text", "Sunny."), ("finish", "stop", 7, 5)),),),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("text", "message-1", "Sunny."),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "completed",
                "content": "Sunny.",
                "used": (7, 5),
                "seconds": (0, 2),
            },
        ),
        ("run completed", {"status": "completed", "rounds": 1, "used": (7, 5)}),
    ),
    requests=({"round": 0, "tools": (), "turns": (("user", "How is the weather?"),)},),
)
STREAMED = Scenario(
    name="streamed",
    executions=(
        (
            (
                ("reasoning", "They ask "),
                ("reasoning", "for weather."),
                ("text", "Sunny, "),
                ("text", ""),
                ("reasoning", "Is it?"),
                ("text", "mostly \u2028\u00e9\U0001f600."),
                ("finish", "stop", 7, 5, 3, "0.0021"),
            ),
        ),
    ),
    options={"temperature": 0.5, "thinking": {"effort": "low"}},
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("reasoning", "message-1", "They ask "),
        ("reasoning", "message-1", "for weather."),
        ("reasoning finished", "message-1"),
        ("text", "message-1", "Sunny, "),
        ("text", "message-1", ""),
        ("reasoning", "message-1", "Is it?"),
        ("reasoning finished", "message-1"),
        ("text", "message-1", "mostly \u2028\u00e9\U0001f600."),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "completed",
                "content": "Sunny, mostly \u2028\u00e9\U0001f600.",
                "used": (7, 5, 3, "0.0021"),
                "seconds": (0, 7),
                "reasoning": "They ask for weather.Is it?",
            },
        ),
        ("run completed", {"status": "completed", "rounds": 1, "used": (7, 5, 3, "0.0021")}),
    ),
    requests=(
        {
            "round": 0,
            "tools": (),
            "turns": (("user", "How is the weather?"),),
            "options": {"thinking": {"effort": "low"}, "temperature": 0.5},
        },
    ),
)
ONLY_REASONING = Scenario(
    name="only_reasoning",
    executions=(((("reasoning", "Nothing to say."), ("finish", "stop", 7, 5)),),),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("reasoning", "message-1", "Nothing to say."),
        ("reasoning finished", "message-1"),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "completed",
                "content": "",
                "used": (7, 5),
                "seconds": (0, 2),
                "reasoning": "Nothing to say.",
            },
        ),
        ("run completed", {"status": "completed", "rounds": 1, "used": (7, 5)}),
    ),
    requests=({"round": 0, "tools": (), "turns": (("user", "How is the weather?"),)},),
)
EMPTY = Scenario(
    name="empty",
    executions=(((("finish", "stop", 7, 0),),),),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "completed",
                "content": "",
                "used": (7, 0),
                "seconds": (0, 1),
            },
        ),
        ("run completed", {"status": "completed", "rounds": 1, "used": (7, 0)}),
    ),
    requests=({"round": 0, "tools": (), "turns": (("user", "How is the weather?"),)},),
)
UNSTORABLE = Scenario(
    name="unstorable",
    executions=(
        (
            (
                ("reasoning", "\x00Hm \udcff"),
                ("text", "Nul\x00 and half \ud83d"),
                ("text", "\x00"),
                ("finish", "stop", 7, 5),
            ),
        ),
    ),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("reasoning", "message-1", "Hm ?"),
        ("reasoning finished", "message-1"),
        ("text", "message-1", "Nul and half ?"),
        ("text", "message-1", ""),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "completed",
                "content": "Nul and half ?",
                "used": (7, 5),
                "seconds": (0, 4),
                "reasoning": "Hm ?",
            },
        ),
        ("run completed", {"status": "completed", "rounds": 1, "used": (7, 5)}),
    ),
    requests=({"round": 0, "tools": (), "turns": (("user", "How is the weather?"),)},),
)
CUT_BY_LENGTH = Scenario(
    name="cut_by_length",
    executions=(((("text", "Sunny, and"), ("finish", "length", 7, 5)),),),
    options={"max_output_tokens": 5},
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("text", "message-1", "Sunny, and"),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "incomplete",
                "content": "Sunny, and",
                "used": (7, 5),
                "seconds": (0, 2),
            },
        ),
        (
            "run completed",
            {
                "status": "incomplete",
                "rounds": 1,
                "used": (7, 5),
                "incomplete": "max_completion_tokens",
            },
        ),
    ),
    requests=(
        {
            "round": 0,
            "tools": (),
            "turns": (("user", "How is the weather?"),),
            "options": {"max_output_tokens": 5},
        },
    ),
)
CUT_BY_LENGTH_BEFORE_ANY_TEXT = Scenario(
    name="cut_by_length_before_any_text",
    executions=(((("reasoning", "Well"), ("finish", "length", 7, 5)),),),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("reasoning", "message-1", "Well"),
        ("reasoning finished", "message-1"),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "incomplete",
                "content": "",
                "used": (7, 5),
                "seconds": (0, 2),
                "reasoning": "Well",
            },
        ),
        (
            "run completed",
            {
                "status": "incomplete",
                "rounds": 1,
                "used": (7, 5),
                "incomplete": "max_completion_tokens",
            },
        ),
    ),
    requests=({"round": 0, "tools": (), "turns": (("user", "How is the weather?"),)},),
)
FILTERED = Scenario(  # told as complete so far
    name="filtered",
    executions=(((("text", "I would "), ("finish", "content_filter", 7, 2)),),),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("text", "message-1", "I would "),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "incomplete",
                "content": "I would ",
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
    requests=({"round": 0, "tools": (), "turns": (("user", "How is the weather?"),)},),
)
REMEMBERS = Scenario(
    name="remembers",
    executions=(((("text", "Tea weather."), ("finish", "stop", 7, 5)),),),
    given={"recalled": (("Likes tea", 0.9), ("Lives in Oslo", 0.7)), "learns": True},
    events=(
        (
            "run started",
            {
                "status": "in_progress",
                "rounds": 0,
                "used": (0, 0),
                "recalled": (("Likes tea", 0.9), ("Lives in Oslo", 0.7)),
                "learns": True,
            },
            "message-1",
        ),
        ("memories recalled", ("Likes tea", 0.9), ("Lives in Oslo", 0.7)),
        ("message started", "message-1", 0),
        ("text", "message-1", "Tea weather."),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "completed",
                "content": "Tea weather.",
                "used": (7, 5),
                "seconds": (0, 2),
            },
        ),
        (
            "run completed",
            {
                "status": "completed",
                "rounds": 1,
                "used": (7, 5),
                "recalled": (("Likes tea", 0.9), ("Lives in Oslo", 0.7)),
                "learns": True,
            },
        ),
    ),
    requests=({"round": 0, "tools": (), "turns": (("user", "How is the weather?"),)},),
)
REMEMBERS_NOTHING = Scenario(
    name="remembers_nothing",
    executions=(((("text", "Sunny."), ("finish", "stop", 7, 5)),),),
    given={"recalled": ()},
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("memories recalled",),
        ("message started", "message-1", 0),
        ("text", "message-1", "Sunny."),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "completed",
                "content": "Sunny.",
                "used": (7, 5),
                "seconds": (0, 2),
            },
        ),
        ("run completed", {"status": "completed", "rounds": 1, "used": (7, 5)}),
    ),
    requests=({"round": 0, "tools": (), "turns": (("user", "How is the weather?"),)},),
)
CITES = Scenario(
    name="cites",
    executions=(
        (
            (
                ("text", "It snows 【4:"),
                ("text", "0†oslo.txt】 and "),
                ("text", "【4:9†none.txt】 rains【4:1†berg"),
                ("text", "en.txt】. 【4:"),
                ("finish", "stop", 70, 15),
            ),
        ),
    ),
    given={
        "retrieved": (
            ("oslo.txt", 0.8, "Snow in Oslo."),
            ("bergen.txt", 0.6, "Rain in Bergen."),
        )
    },
    events=(
        (
            "run started",
            {
                "status": "in_progress",
                "rounds": 0,
                "used": (0, 0),
                "retrieved": (("oslo.txt", 0.8), ("bergen.txt", 0.6)),
            },
            "message-1",
        ),
        ("message started", "message-1", 0),
        ("text", "message-1", "It snows 【4:"),
        ("text", "message-1", "0†oslo.txt】 and "),
        ("text", "message-1", "【4:9†none.txt】 rains【4:1†berg"),
        ("text", "message-1", "en.txt】. 【4:"),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "completed",
                "content": (
                    "It snows 【4:0†oslo.txt】 and 【4:9†none.txt】 rains【4:1†bergen.txt】. 【4:"
                ),
                "used": (70, 15),
                "seconds": (0, 5),
            },
        ),
        (
            "run completed",
            {
                "status": "completed",
                "rounds": 1,
                "used": (70, 15),
                "retrieved": (("oslo.txt", 0.8), ("bergen.txt", 0.6)),
            },
        ),
    ),
    requests=({"round": 0, "tools": (), "turns": (("user", "How is the weather?"),)},),
)
CITES_A_LONG_PASSAGE = Scenario(
    name="cites_a_long_passage",
    executions=(((("text", "Snow【4:0†oslo.txt】"), ("finish", "stop", 70, 15)),),),
    given={"retrieved": (("oslo.txt", 0.8, "It snows. " * 60),)},
    events=(
        (
            "run started",
            {
                "status": "in_progress",
                "rounds": 0,
                "used": (0, 0),
                "retrieved": (("oslo.txt", 0.8),),
            },
            "message-1",
        ),
        ("message started", "message-1", 0),
        ("text", "message-1", "Snow【4:0†oslo.txt】"),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "completed",
                "content": "Snow【4:0†oslo.txt】",
                "used": (70, 15),
                "seconds": (0, 2),
            },
        ),
        (
            "run completed",
            {
                "status": "completed",
                "rounds": 1,
                "used": (70, 15),
                "retrieved": (("oslo.txt", 0.8),),
            },
        ),
    ),
    requests=({"round": 0, "tools": (), "turns": (("user", "How is the weather?"),)},),
)
BEGUN_BEFORE = Scenario(  # by a process that is gone
    name="begun_before",
    executions=(((("text", "Sunny."), ("finish", "stop", 7, 5)),),),
    given={"begun": True},
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("text", "message-1", "Sunny."),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "completed",
                "content": "Sunny.",
                "used": (7, 5),
                "seconds": (0, 2),
            },
        ),
        ("run completed", {"status": "completed", "rounds": 1, "used": (7, 5)}),
    ),
    requests=({"round": 0, "tools": (), "turns": (("user", "How is the weather?"),)},),
)
