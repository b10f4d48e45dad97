"""Assistants at the Backboard API."""

from typing import Any

import httpx
import pytest

from tests.support.steps import WEATHER, new_thread, say

SDK = {"User-Agent": "backboard-python-sdk/1.5.10 (async)"}


def create(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    response = client.post("/assistants", json={"name": "Ada", **fields})
    assert response.status_code == 200, response.text
    made: dict[str, Any] = response.json()
    return made


def test_a_new_assistant_has_its_defaults(client: httpx.Client) -> None:
    made = create(client)
    assert client.get(f"/assistants/{made['assistant_id']}").json() == made
    assert made == {
        "assistant_id": made["assistant_id"],
        "id": made["assistant_id"],
        "name": "Ada",
        "description": None,
        "system_prompt": None,
        "tools": None,
        "tok_k": 10,
        "embedding_provider": "openai",
        "embedding_model_name": "text-embedding-3-large",
        "embedding_dims": 3072,
        "custom_fact_extraction_prompt": None,
        "custom_update_memory_prompt": None,
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
    }


@pytest.mark.parametrize(
    ("sent", "prompt"),
    [
        ({"description": "Be brief"}, "Be brief"),
        ({"system_prompt": "Be kind"}, "Be kind"),
        ({"description": "A label", "system_prompt": "Be kind"}, "Be kind"),
    ],
)
def test_description_and_system_prompt_are_one_value(
    client: httpx.Client, sent: dict[str, str], prompt: str
) -> None:
    made = create(client, **sent)
    assert (made["description"], made["system_prompt"]) == (prompt, prompt)


def test_an_update_changes_what_it_names_and_nothing_else(client: httpx.Client) -> None:
    made = create(client, system_prompt="Be kind", tools=[WEATHER], tok_k=5)
    url = f"/assistants/{made['assistant_id']}"
    changed = client.put(
        url, json={"name": "Bea", "tools": None, "embedding_provider": "cohere", "colour": "red"}
    ).json()
    assert changed == {**made, "name": "Bea", "updated_at": changed["updated_at"]}
    assert client.put(url, json={"system_prompt": ""}).json()["system_prompt"] == ""
    assert client.put(url, json={"description": "New"}).json()["system_prompt"] == "New"
    assert client.put(url, json={"tools": []}).json()["tools"] == []


def test_two_assistants_may_share_a_name_and_are_listed_as_made(client: httpx.Client) -> None:
    ids = [create(client, name=name)["assistant_id"] for name in ("Twin", "Twin", "twin")]
    listed = client.get("/assistants").json()
    assert [one["assistant_id"] for one in listed] == ids
    named = client.get("/assistants", params={"name": "Twin"}).json()
    assert [one["assistant_id"] for one in named] == ids[:2]
    page = client.get("/assistants", params={"skip": 1, "limit": 1}).json()
    assert [one["assistant_id"] for one in page] == ids[1:2]
    assert client.get("/assistants", params={"limit": 0}).json() == []
    assert len(client.get("/assistants", params={"limit": 10_000}).json()) == 3
    assert client.get("/assistants", params={"skip": 10**30}).json() == []


def test_deleting_an_assistant_takes_its_threads_along(client: httpx.Client) -> None:
    thread_id = new_thread(client)
    say(client, thread_id, "Hello")
    assistant_id = client.get(f"/threads/{thread_id}").json()["assistant_id"]
    gone = client.delete(f"/assistants/{assistant_id}")
    assert gone.status_code == 200
    assert gone.json()["assistant_id"] == assistant_id
    assert client.get(f"/assistants/{assistant_id}").status_code == 404
    assert client.get(f"/threads/{thread_id}").status_code == 404
    assert client.delete(f"/assistants/{assistant_id}").status_code == 404


def tool(properties: dict[str, Any]) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": ["z"]}
    return {"type": "function", "function": {"name": "act", "parameters": parameters}}


AWKWARD = {
    "z": {"description": "no type"},
    "a": {"type": ["null", "integer"], "enum": [1, 2, None]},
    "m": {"type": "number", "minimum": 0, "default": 1.50},
}


@pytest.mark.requirement("tools.schemas")
def test_tools_come_back_as_they_were_sent(client: httpx.Client) -> None:
    sent = tool(AWKWARD)
    echoed = create(client, tools=[sent])["tools"]
    assert echoed == [sent]
    assert list(echoed[0]["function"]["parameters"]["properties"]) == ["z", "a", "m"]


@pytest.mark.requirement("tools.schemas")
def test_a_python_sdk_gets_property_types_that_it_can_parse(client: httpx.Client) -> None:
    client.headers.update(SDK)
    echoed = create(client, tools=[tool(AWKWARD)])["tools"][0]["function"]["parameters"]
    assert echoed["properties"] == {
        "z": {"description": "no type", "type": "string"},
        "a": {"type": "integer", "enum": ["1", "2", "None"]},
        "m": {"type": "number", "minimum": 0, "default": 1.5},
    }


def test_the_first_python_sdk_gets_no_keyword_that_it_does_not_know(client: httpx.Client) -> None:
    client.headers["User-Agent"] = "backboard-python-sdk/1.0.0"
    echoed = create(client, tools=[tool(AWKWARD)])["tools"][0]["function"]["parameters"]
    assert echoed["properties"]["m"] == {"type": "number"}


def test_a_function_without_parameters_gets_empty_ones(client: httpx.Client) -> None:
    bare = {"type": "function", "function": {"name": "ping"}}
    echoed = create(client, tools=[bare])["tools"][0]["function"]
    assert echoed["parameters"] == {"type": "object", "properties": {}}


def test_nulls_that_sdks_write_into_schemas_are_no_obstacle(client: httpx.Client) -> None:
    nulls = {"type": "string", "enum": None, "properties": None, "items": None}
    thread_id = new_thread(client, tools=[tool({"z": nulls})])
    answer = say(
        client,
        thread_id,
        "Act",
        metadata={"sandbox": {"tool_calls": [{"name": "act", "arguments": {"z": "1"}}]}},
    )
    assert answer["status"] == "REQUIRES_ACTION"
