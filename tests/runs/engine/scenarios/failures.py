"""Runs that the model breaks off."""

from tests.runs.engine.scenario import Scenario

REFUSED = Scenario(
    name="refused",
    executions=(((("fail", "rate_limit_exceeded", "Slow\x00 down", 7.0),),),),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "failed",
                "content": None,
                "used": (0, 0),
                "seconds": (0, 1),
                "failure": ("exhausted", "rate_limit_exceeded", "Slow down", 7.0),
            },
        ),
        (
            "run failed",
            {
                "status": "failed",
                "rounds": 1,
                "used": (0, 0),
                "failure": ("exhausted", "rate_limit_exceeded", "Slow down", 7.0),
            },
        ),
    ),
    requests=({"round": 0, "tools": (), "turns": (("user", "How is the weather?"),)},),
)
PROMPT_REFUSED = Scenario(
    name="prompt_refused",
    executions=(((("fail", "context_length_exceeded", "Too long"),),),),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "failed",
                "content": None,
                "used": (0, 0),
                "seconds": (0, 1),
                "failure": ("invalid", "context_length_exceeded", "Too long"),
            },
        ),
        (
            "run failed",
            {
                "status": "failed",
                "rounds": 1,
                "used": (0, 0),
                "failure": ("invalid", "context_length_exceeded", "Too long"),
            },
        ),
    ),
    requests=({"round": 0, "tools": (), "turns": (("user", "How is the weather?"),)},),
)
FAILS_AMID_TEXT = Scenario(
    name="fails_amid_text",
    executions=(
        (
            (
                ("reasoning", "Hm"),
                ("text", "It "),
                ("fail", "provider_unavailable", "The provider broke off"),
            ),
        ),
    ),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("reasoning", "message-1", "Hm"),
        ("reasoning finished", "message-1"),
        ("text", "message-1", "It "),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "failed",
                "content": "It ",
                "used": (0, 0),
                "seconds": (0, 3),
                "reasoning": "Hm",
                "failure": ("provider_failed", "provider_unavailable", "The provider broke off"),
            },
        ),
        (
            "run failed",
            {
                "status": "failed",
                "rounds": 1,
                "used": (0, 0),
                "failure": ("provider_failed", "provider_unavailable", "The provider broke off"),
            },
        ),
    ),
    requests=({"round": 0, "tools": (), "turns": (("user", "How is the weather?"),)},),
)
FAILS_AMID_A_CALL = Scenario(
    name="fails_amid_a_call",
    executions=(
        (
            (
                ("call", 0, "call-1", "weather", '{"loc'),
                ("fail", "provider_unavailable", "The provider broke off"),
            ),
        ),
    ),
    tools=("weather",),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "failed",
                "content": None,
                "used": (0, 0),
                "seconds": (0, 2),
                "failure": ("provider_failed", "provider_unavailable", "The provider broke off"),
            },
        ),
        (
            "run failed",
            {
                "status": "failed",
                "rounds": 1,
                "used": (0, 0),
                "failure": ("provider_failed", "provider_unavailable", "The provider broke off"),
            },
        ),
    ),
    requests=({"round": 0, "tools": ("weather",), "turns": (("user", "How is the weather?"),)},),
)
FAILS_IN_THE_SECOND_ROUND = Scenario(
    name="fails_in_the_second_round",
    executions=(
        (
            (
                ("text", "Let me see. "),
                ("call", 0, "call-1", "search", '{"query": "a"}'),
                ("finish", "tool_calls", 10, 4),
            ),
            (("fail", "rate_limit_exceeded", "Slow down"),),
        ),
    ),
    server_tools={"search": "Snow in Oslo"},
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("text", "message-1", "Let me see. "),
        ("round finished", {"status": "in_progress", "rounds": 1, "used": (10, 4)}),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "failed",
                "content": "Let me see. ",
                "used": (10, 4),
                "seconds": (0, 4),
                "failure": ("exhausted", "rate_limit_exceeded", "Slow down"),
            },
        ),
        (
            "run failed",
            {
                "status": "failed",
                "rounds": 2,
                "used": (10, 4),
                "failure": ("exhausted", "rate_limit_exceeded", "Slow down"),
                "findings": (('search {"query": "a"}', "Snow in Oslo"),),
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
    ),
)
CUT_OFF = Scenario(
    name="cut_off",
    executions=(((("text", "It "), ("text", "sno")),),),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("text", "message-1", "It "),
        ("text", "message-1", "sno"),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "failed",
                "content": "It sno",
                "used": (0, 0),
                "seconds": (0, 2),
                "failure": (
                    "provider_failed",
                    "stream_cut_off",
                    "The provider ended the answer without a finish reason",
                ),
            },
        ),
        (
            "run failed",
            {
                "status": "failed",
                "rounds": 1,
                "used": (0, 0),
                "failure": (
                    "provider_failed",
                    "stream_cut_off",
                    "The provider ended the answer without a finish reason",
                ),
            },
        ),
    ),
    requests=({"round": 0, "tools": (), "turns": (("user", "How is the weather?"),)},),
)
CUT_OFF_BEFORE_ANY_TEXT = Scenario(
    name="cut_off_before_any_text",
    executions=(((),),),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "failed",
                "content": None,
                "used": (0, 0),
                "seconds": (0, 0),
                "failure": (
                    "provider_failed",
                    "stream_cut_off",
                    "The provider ended the answer without a finish reason",
                ),
            },
        ),
        (
            "run failed",
            {
                "status": "failed",
                "rounds": 1,
                "used": (0, 0),
                "failure": (
                    "provider_failed",
                    "stream_cut_off",
                    "The provider ended the answer without a finish reason",
                ),
            },
        ),
    ),
    requests=({"round": 0, "tools": (), "turns": (("user", "How is the weather?"),)},),
)
GATEWAY_FAULT = Scenario(
    name="gateway_fault",
    executions=(((("text", "It "), ("fault", "secret of the gateway")),),),
    events=(
        ("run started", {"status": "in_progress", "rounds": 0, "used": (0, 0)}, "message-1"),
        ("message started", "message-1", 0),
        ("text", "message-1", "It "),
        (
            "message finished",
            {
                "id": "message-1",
                "status": "failed",
                "content": "It ",
                "used": (0, 0),
                "seconds": (0, 2),
                "failure": ("provider_failed", "server_error", "The model could not be asked"),
            },
        ),
        (
            "run failed",
            {
                "status": "failed",
                "rounds": 1,
                "used": (0, 0),
                "failure": ("provider_failed", "server_error", "The model could not be asked"),
            },
        ),
    ),
    requests=({"round": 0, "tools": (), "turns": (("user", "How is the weather?"),)},),
)
