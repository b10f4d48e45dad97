"""Which tools the sandbox calls, with which arguments, and what it makes of their outputs."""

import json
from typing import Any

import pytest

from pegboard.llm.gateway import (
    AssistantTurn,
    Delta,
    Finished,
    FinishReason,
    GenerationOptions,
    ModelName,
    ModelRequest,
    Prompt,
    TextPiece,
    Tool,
    ToolCall,
    ToolCallPiece,
    ToolTurn,
    Turn,
    UserTurn,
)
from pegboard.llm.sandbox import SandboxGateway


def tool(name: str, description: str, *required: str, **properties: dict[str, Any]) -> Tool:
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return Tool(name, description, schema)


TEXT = {"type": "string"}
NUMBER = {"type": "number"}
UNIT = {"type": "string", "enum": ["celsius", "fahrenheit"]}
WEATHER = tool(
    "get_current_weather",
    "Get current weather for a location",
    "location",
    location={"type": "string", "description": "City name"},
    unit=UNIT,
)
TIME = tool("get_time", "Get the local time in a city", "city", city=TEXT)
ADD = tool("add", "Add two numbers", "a", "b", a=NUMBER, b=NUMBER)
FLIGHTS = tool(
    "search_flights",
    "Search flights",
    "origin",
    "destination",
    origin=TEXT,
    destination=TEXT,
    date={"type": "string", "format": "date"},
    passengers={"type": "integer", "minimum": 1},
    direct={"type": "boolean"},
)
EMAIL = tool("send_email", "Send an email", "to", "body", to=TEXT, body=TEXT)
SEARCH = tool("search_web", "Search the web", "query", query=TEXT)
CITY = tool("get_user_city", "Look up the city of the user", "user_id", user_id=TEXT)
ALL = (WEATHER, TIME, ADD, FLIGHTS, EMAIL, SEARCH, CITY)


async def deltas_of(request: ModelRequest) -> list[Delta]:
    gateway = SandboxGateway(disguised=True)
    return [delta async for delta in gateway.stream(request)]


def request(
    text: str | tuple[Turn, ...],
    *tools: Tool,
    number: int = 0,
    **options: Any,
) -> ModelRequest:
    turns = (UserTurn(text),) if isinstance(text, str) else text
    return ModelRequest(
        model=ModelName("openai", "gpt-4o"),
        prompt=Prompt("You call tools.", turns, tools),
        options=GenerationOptions(**options),
        round=number,
    )


def calls_in(deltas: list[Delta]) -> list[ToolCall]:
    calls: dict[int, ToolCall] = {}
    for delta in deltas:
        if isinstance(delta, ToolCallPiece):
            known = calls.get(delta.index, ToolCall(delta.id or "", delta.name or "", ""))
            arguments = known.arguments + delta.arguments
            calls[delta.index] = ToolCall(known.id, known.name, arguments)
    return [calls[index] for index in sorted(calls)]


async def called(request: ModelRequest) -> list[tuple[str, Any]]:
    return [(call.name, json.loads(call.arguments)) for call in calls_in(await deltas_of(request))]


async def text_of(request: ModelRequest) -> str:
    return "".join(d.text for d in await deltas_of(request) if isinstance(d, TextPiece))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "What's the weather in San Francisco?",
            [("get_current_weather", {"location": "San Francisco"})],
        ),
        (
            "weather in Paris and Tokyo",
            [
                ("get_current_weather", {"location": "Paris"}),
                ("get_current_weather", {"location": "Tokyo"}),
            ],
        ),
        (
            "Weather in Paris, Rome and New York in celsius?",
            [
                ("get_current_weather", {"location": "Paris", "unit": "celsius"}),
                ("get_current_weather", {"location": "Rome", "unit": "celsius"}),
                ("get_current_weather", {"location": "New York", "unit": "celsius"}),
            ],
        ),
        ("weather in paris?", [("get_current_weather", {"location": "paris"})]),
        (
            "Is it going to rain in Rio de Janeiro tomorrow?",
            [("get_current_weather", {"location": "Rio de Janeiro"})],
        ),
        (
            "What's the weather in Paris and what time is it in Tokyo?",
            [("get_current_weather", {"location": "Paris"}), ("get_time", {"city": "Tokyo"})],
        ),
        (
            "What's the weather and time in Tokyo?",
            [("get_current_weather", {"location": "Tokyo"}), ("get_time", {"city": "Tokyo"})],
        ),
        ("Add 3 and 5", [("add", {"a": 3, "b": 5})]),
        ("What is 2 + 3.5?", [("add", {"a": 2, "b": 3.5})]),
        (
            "Find a direct flight from Paris to Rome on 2026-05-01 for 2 passengers",
            [
                (
                    "search_flights",
                    {
                        "origin": "Paris",
                        "destination": "Rome",
                        "date": "2026-05-01",
                        "passengers": 2,
                        "direct": True,
                    },
                )
            ],
        ),
        (
            'Please email bob@example.com the text "See you soon"',
            [("send_email", {"to": "bob@example.com", "body": "See you soon"})],
        ),
        (
            "Search flights",
            [("search_flights", {"origin": "unspecified", "destination": "unspecified"})],
        ),
        ("Search for the capital of France", [("search_web", {"query": "the capital of France"})]),
    ],
)
async def test_a_tool_is_called_with_what_the_text_says(
    text: str, expected: list[tuple[str, Any]]
) -> None:
    assert await called(request(text, *ALL)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Hello!",
        "Hello! Tell me a fun fact about space.",
        "My name is Sarah and I work as a software engineer at Google.",
        "I love the weather",
        "Don't check the weather in Oslo",
        "Thanks for the weather report!",
        "",
        "?!",
    ],
)
async def test_no_tool_is_called_where_none_fits(text: str) -> None:
    assert await called(request(text, *ALL)) == []


FORCED: dict[str, Any] = {"type": "function", "function": {"name": "get_time"}}


@pytest.mark.parametrize(
    ("choice", "text", "names"),
    [
        ("none", "weather in Oslo", []),
        ("auto", "weather in Oslo", ["get_current_weather"]),
        ("required", "what time is it in Oslo?", ["get_time"]),
        ("required", "hm", ["get_current_weather"]),
        (FORCED, "weather in Oslo", ["get_time"]),
    ],
)
async def test_tool_choice_is_obeyed(choice: Any, text: str, names: list[str]) -> None:
    made = await called(request(text, WEATHER, TIME, tool_choice=choice))
    assert [name for name, _ in made] == names


def answered(text: str, *results: tuple[str, str, str]) -> tuple[Turn, ...]:
    """A user's request and the rounds since, each of one call and its output."""
    turns: list[Turn] = [UserTurn(text)]
    for at, (name, arguments, output) in enumerate(results):
        call = ToolCall(f"call_{at}", name, arguments)
        turns += [AssistantTurn(None, (call,)), ToolTurn(call.id, name, output)]
    return tuple(turns)


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        (
            '{"temperature": "68°F", "condition": "Sunny"}',
            "The tool get_current_weather returned temperature: 68°F, condition: Sunny.",
        ),
        ("It rains.", 'The tool get_current_weather returned "It rains".'),
        ("[1, 2.50, null]", "The tool get_current_weather returned 1; 2.5; null."),
        ("", "The tool get_current_weather returned an empty result."),
        ("{}", "The tool get_current_weather returned nothing."),
    ],
)
async def test_tool_results_are_repeated_in_a_sentence(output: str, sentence: str) -> None:
    arguments = '{"location": "Oslo"}'
    turns = answered("Weather in Oslo?", ("get_current_weather", arguments, output))
    for choice in ("auto", "required", FORCED):
        asking = request(turns, WEATHER, TIME, number=1, tool_choice=choice)
        assert (await called(asking), await text_of(asking)) == ([], sentence)


async def test_a_later_step_waits_for_the_result_of_the_first() -> None:
    text = "Look up the city of user u42 and then get the weather there"
    first = ("get_user_city", '{"user_id": "u42"}', '{"city": "Oslo"}')
    second = ("get_current_weather", '{"location": "Oslo"}', "Sunny")
    tools = (WEATHER, CITY)
    assert await called(request(text, *tools)) == [("get_user_city", {"user_id": "u42"})]
    assert await called(request(answered(text, first), *tools, number=1)) == [
        ("get_current_weather", {"location": "Oslo"})
    ]
    assert await called(request(answered(text, first, second), *tools, number=2)) == []


async def test_without_parallel_calls_each_numbermakes_one() -> None:
    text = "weather in Paris and Tokyo"
    paris = ("get_current_weather", '{"location": "Paris"}', "Rain")
    tokyo = ("get_current_weather", '{"location": "Tokyo"}', "Sun")
    rounds = [
        await called(request(turns, WEATHER, number=number, parallel_tool_calls=False))
        for number, turns in enumerate(
            [answered(text), answered(text, paris), answered(text, paris, tokyo)]
        )
    ]
    assert rounds == [
        [("get_current_weather", {"location": "Paris"})],
        [("get_current_weather", {"location": "Tokyo"})],
        [],
    ]


async def test_a_follow_up_calls_the_same_tool_again() -> None:
    before = answered("Weather in Paris?", ("get_current_weather", "{}", "Rain"))
    turns = (*before, AssistantTurn("Rain."), UserTurn("And in Tokyo?"))
    assert await called(request(turns, WEATHER)) == [("get_current_weather", {"location": "Tokyo"})]


async def test_call_ids_are_stable_and_differ_wherever_the_call_does() -> None:
    first = request("weather in Paris and Tokyo", WEATHER)
    other = request("weather in Rome and Tokyo", WEATHER)
    turns = answered("weather in Paris", ("get_current_weather", "{}", "Rain"))
    later = request((*turns, UserTurn("weather in Paris and Tokyo")), WEATHER)
    ids = [
        [call.id for call in calls_in(await deltas_of(asking))] for asking in (first, other, later)
    ]
    assert ids[0] == [call.id for call in calls_in(await deltas_of(first))]
    assert len({identity for listed in ids for identity in listed}) == 6


async def test_calling_a_tool_is_the_reason_to_stop() -> None:
    last = (await deltas_of(request("weather in Oslo", WEATHER)))[-1]
    assert isinstance(last, Finished)
    assert last.reason is FinishReason.TOOL_CALLS
