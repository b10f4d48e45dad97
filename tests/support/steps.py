"""The first steps that nearly every test at the Backboard API takes."""

from typing import Any

import httpx

WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather of a place",
        "parameters": {
            "type": "object",
            "properties": {"location": {"type": "string"}},
            "required": ["location"],
        },
    },
}


def new_thread(client: httpx.Client, **assistant: Any) -> str:
    """A thread of a new assistant; returns its id."""
    made = client.post("/assistants", json={"name": "Test", **assistant}).json()
    thread = client.post(f"/assistants/{made['assistant_id']}/threads", json={})
    assert thread.status_code == 200, thread.text
    thread_id: str = thread.json()["thread_id"]
    return thread_id


def say(client: httpx.Client, thread_id: str, content: str, **fields: Any) -> dict[str, Any]:
    """Send a message as JSON and return the answer, which must be a success."""
    response = client.post(f"/threads/{thread_id}/messages", json={"content": content, **fields})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def script(**scene: Any) -> dict[str, Any]:
    """Metadata that tells the sandbox model what to do."""
    return {"sandbox": scene}


def submit(
    client: httpx.Client, paused: dict[str, Any], *outputs: str, **params: Any
) -> httpx.Response:
    """Answer the calls of a paused run in their order."""
    calls = [call["id"] for call in paused["tool_calls"]]
    return client.post(
        f"/threads/{paused['thread_id']}/runs/{paused['run_id']}/submit-tool-outputs",
        params=params,
        json={
            "tool_outputs": [
                {"tool_call_id": call, "output": output}
                for call, output in zip(calls, outputs, strict=True)
            ]
        },
    )


def messages_of(client: httpx.Client, thread_id: str) -> list[tuple[str, str, str | None]]:
    """(role, status, content) of a thread's messages."""
    thread = client.get(f"/threads/{thread_id}").json()
    return [(m["role"], m["status"], m["content"]) for m in thread["messages"]]
