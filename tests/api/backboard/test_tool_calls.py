"""A run that waits for its caller: outputs in, at the right time and the wrong one."""

from typing import Any

import httpx
import pytest

from tests.support.steps import WEATHER, messages_of, new_thread, say, script, submit
from tests.support.stream import stream, types_of

CALLS = [
    {"name": "get_weather", "arguments": {"location": "Rome"}},
    {"name": "get_weather", "arguments": {"location": "Bern"}},
]


@pytest.fixture
def thread_id(client: httpx.Client) -> str:
    return new_thread(client, tools=[WEATHER])


@pytest.fixture
def paused(client: httpx.Client, thread_id: str) -> dict[str, Any]:
    return say(client, thread_id, "Weather?", metadata=script(tool_calls=CALLS))


def outputs(client: httpx.Client, paused: dict[str, Any], sent: Any) -> httpx.Response:
    return client.post(
        f"/threads/{paused['thread_id']}/runs/{paused['run_id']}/submit-tool-outputs", json=sent
    )


@pytest.mark.requirement("tools.pause")
def test_a_run_pauses_with_its_calls_and_goes_on_with_their_outputs(
    client: httpx.Client, thread_id: str, paused: dict[str, Any]
) -> None:
    first, second = (call["id"] for call in paused["tool_calls"])
    assert paused["status"] == "REQUIRES_ACTION"
    assert paused["tool_calls"] == [
        {
            "id": call_id,
            "type": "function",
            "function": {
                "name": "get_weather",
                "arguments": f'{{"location": "{place}"}}',
                "parsed_arguments": {"location": place},
            },
        }
        for call_id, place in ((first, "Rome"), (second, "Bern"))
    ]
    done = submit(client, paused, "sun", "").json()
    assert (done["status"], done["run_id"]) == ("COMPLETED", paused["run_id"])
    assert "sun" in done["content"]
    thread = client.get(f"/threads/{thread_id}").json()["messages"]
    assert [(m["role"], m["status"]) for m in thread] == [
        ("user", "COMPLETED"),
        ("assistant", "COMPLETED"),
        ("tool", "COMPLETED"),
        ("tool", "COMPLETED"),
        ("assistant", "COMPLETED"),
    ]
    assert thread[1]["tool_calls"] == thread[1]["metadata_"]["tool_calls"] == paused["tool_calls"]
    assert thread[2]["metadata_"] == {
        "run_id": paused["run_id"],
        "tool_call_id": first,
        "tool_name": "get_weather",
    }


def test_rounds_may_follow_one_another(client: httpx.Client, thread_id: str) -> None:
    rounds = [{"tool_calls": CALLS[:1]}, {"tool_calls": CALLS[1:]}, {"reply": "Both are fine."}]
    first = say(client, thread_id, "Weather?", metadata=script(rounds=rounds))
    second = submit(client, first, "sun").json()
    assert (second["status"], second["run_id"]) == ("REQUIRES_ACTION", first["run_id"])
    assert second["tool_calls"][0]["id"] != first["tool_calls"][0]["id"]
    assert submit(client, second, "rain").json()["content"] == "Both are fine."


@pytest.mark.parametrize("output", [{"a": 1}, [1], 3, True, None])
def test_an_output_may_be_any_json(client: httpx.Client, thread_id: str, output: Any) -> None:
    paused = say(client, thread_id, "Weather?", metadata=script(tool_calls=CALLS[:1]))
    call_id = paused["tool_calls"][0]["id"]
    sent = {"tool_outputs": [{"tool_call_id": call_id, "output": output}], "thinking": None}
    assert outputs(client, paused, sent).json()["status"] == "COMPLETED"


def test_tools_of_one_turn_stay_in_force_through_its_rounds(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    paused = say(client, thread_id, "Weather in Rome and in Bern?", tools=[WEATHER])
    assert paused["status"] == "REQUIRES_ACTION"
    rounds = [{"tool_calls": CALLS[:1]}, {"tool_calls": CALLS[1:]}]
    first = say(client, thread_id, "Again", tools=[WEATHER], metadata=script(rounds=rounds))
    assert submit(client, first, "sun").json()["status"] == "REQUIRES_ACTION"


@pytest.mark.parametrize("streamed", [False, True])
def test_an_empty_message_returns_the_pending_action_unchanged(
    client: httpx.Client, thread_id: str, paused: dict[str, Any], streamed: bool
) -> None:
    before = messages_of(client, thread_id)
    if streamed:
        url = f"/threads/{thread_id}/messages"
        events = stream(client, url, data={"content": "", "stream": "true"})
        assert types_of(events)[-1] == "tool_submit_required"
        assert events[-1]["tool_calls"] == paused["tool_calls"]
    else:
        again = say(client, thread_id, "")
        moving = {"timestamp", "message"}
        assert {k: v for k, v in again.items() if k not in moving} == {
            k: v for k, v in paused.items() if k not in moving
        }
    assert messages_of(client, thread_id) == before
    assert submit(client, paused, "a", "b").json()["status"] == "COMPLETED"


def test_a_new_message_cancels_the_pending_run(
    client: httpx.Client, thread_id: str, paused: dict[str, Any]
) -> None:
    assert say(client, thread_id, "Forget it", metadata=script(reply="Fine"))["content"] == "Fine"
    assert messages_of(client, thread_id) == [
        ("user", "COMPLETED", "Weather?"),
        ("assistant", "CANCELLED", None),
        ("user", "COMPLETED", "Forget it"),
        ("assistant", "COMPLETED", "Fine"),
    ]
    late = submit(client, paused, "a", "b")
    assert (late.status_code, type(late.json()["detail"])) == (400, str)


@pytest.mark.requirement("tools.outputs-once")
def test_outputs_count_once(client: httpx.Client, paused: dict[str, Any]) -> None:
    assert submit(client, paused, "a", "b").status_code == 200
    again = submit(client, paused, "a", "b")
    assert again.status_code == 400
    assert "completed" in again.json()["detail"]


@pytest.mark.requirement("tools.outputs-once")
def test_wrong_outputs_are_refused_and_change_nothing(
    client: httpx.Client, thread_id: str, paused: dict[str, Any]
) -> None:
    first, second = ({"tool_call_id": c["id"], "output": "x"} for c in paused["tool_calls"])
    unknown = {"tool_call_id": "call_unknown", "output": "x"}
    for wrong in ([first], [first, unknown], [first, second, unknown], [first, first], []):
        refused = outputs(client, paused, {"tool_outputs": wrong})
        assert (refused.status_code, type(refused.json()["detail"])) == (400, str)
    malformed: Any
    for malformed in ({}, {"tool_outputs": "x"}, {"tool_outputs": [{"output": "x"}]}, []):
        assert outputs(client, paused, malformed).status_code == 422
    assert [status for _, status, _ in messages_of(client, thread_id)] == [
        "COMPLETED",
        "REQUIRES_ACTION",
    ]
    assert outputs(client, paused, {"tool_outputs": [second, first]}).status_code == 200


@pytest.mark.parametrize(
    "run_id", ["0190a0a0-0000-7000-8000-000000000000", "not-a-uuid", "%7Brun_id%7D"]
)
def test_an_unknown_run_is_not_found(client: httpx.Client, thread_id: str, run_id: str) -> None:
    response = client.post(
        f"/threads/{thread_id}/runs/{run_id}/submit-tool-outputs", json={"tool_outputs": []}
    )
    assert (response.status_code, response.json()) == (404, {"detail": "Run not found"})


def test_a_run_of_another_thread_is_not_found(client: httpx.Client, paused: dict[str, Any]) -> None:
    elsewhere = {**paused, "thread_id": new_thread(client)}
    assert submit(client, elsewhere, "a", "b").status_code == 404
    assert submit(client, paused, "a", "b").status_code == 200


@pytest.mark.parametrize(
    ("user_agent", "role"),
    [
        ("backboard-python-sdk/1.5.10 (async)", "assistant"),
        ("backboard-python-sdk/async", "assistant"),
        ("backboard-python-sdk/1.0.0", "assistant"),
        ("backboard-python-sdk/1.5.11 (async)", "tool"),
        ("backboard-js-sdk/1.5.0", "tool"),
        ("curl/8", "tool"),
    ],
)
def test_the_tool_role_is_told_to_clients_that_know_it(
    client: httpx.Client, paused: dict[str, Any], user_agent: str, role: str
) -> None:
    submit(client, paused, "a", "b")
    client.headers["User-Agent"] = user_agent
    thread = client.get(f"/threads/{paused['thread_id']}").json()
    assert [m["role"] for m in thread["messages"]][2:4] == [role, role]
