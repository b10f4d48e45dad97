"""Read server-sent events as the strictest of the clients do."""

import json
from typing import Any

import httpx

Event = dict[str, Any]


def events_of(text: str) -> list[Event]:
    """The events of a whole stream; every line must be a frame, a comment or blank."""
    events: list[Event] = []
    assert text.isascii()
    assert text.endswith("\n\n")
    for line in text.split("\n"):
        if line and not line.startswith(":"):
            assert line.startswith("data: ")
            events.append(json.loads(line.removeprefix("data: ")))
    return events


def stream(client: httpx.Client, url: str, **request: Any) -> list[Event]:
    """Post and read the stream to its end."""
    response = client.post(url, **request)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    return events_of(response.text)


def types_of(events: list[Event]) -> list[str]:
    """The types in order, a run of text pieces counted once."""
    types: list[str] = []
    for event in events:
        if not (types and types[-1] == event["type"] and event["type"].endswith("_streaming")):
            types.append(event["type"])
    return types


def text_of(events: list[Event]) -> str:
    return "".join(e["content"] for e in events if e["type"] == "content_streaming")
