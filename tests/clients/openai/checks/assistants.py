"""Assistants: made, read, changed, paged, deleted."""

import openai
from checking import (
    MODEL,
    WEATHER,
    as_dict,
    check,
    has,
    new_assistant,
    raises,
    same,
    second_generation_only,
)

NOUN = "Assistants"
ABSENT_ID = "asst_nobody"


@check(NOUN, "POST /assistants", "with a function")
def create(client):
    made = client.beta.assistants.create(
        model=MODEL,
        name="Ada",
        description="Counts",
        instructions="Count",
        tools=[WEATHER],
        metadata={"a": "1"},
    )
    facts = (made.object, made.model, made.name, made.description, made.instructions, made.metadata)
    same("the facts", facts, ("assistant", MODEL, "Ada", "Counts", "Count", {"a": "1"}))
    stored = {"type": "function", "function": {**WEATHER["function"], "strict": False}}
    got = [as_dict(tool) for tool in made.tools]
    got[0]["function"].setdefault("strict", False)  # the second generation's word
    same("the tools", got, [stored])


@check(NOUN, "POST /assistants", "with file_search and sampling settings")
def create_with_search(client):
    second_generation_only()
    made = client.beta.assistants.create(
        model=MODEL,
        tools=[{"type": "file_search"}],
        temperature=0.5,
        top_p=0.25,
        response_format={"type": "text"},
    )
    same("the tool", [tool.type for tool in made.tools], ["file_search"])
    same("sampling", (made.temperature, made.top_p), (0.5, 0.25))
    facts = as_dict(made)
    same("the format", facts["response_format"], {"type": "text"})
    same("the resources", facts["tool_resources"], {})


@check(NOUN, "POST /assistants", "too many pairs of metadata: 400")
def create_with_too_much(client):
    metadata = {str(number): "x" for number in range(17)}
    text = "Invalid 'metadata': too many properties."
    create = client.beta.assistants.create
    refused = raises(openai.BadRequestError, text, create, model=MODEL, metadata=metadata)
    facts = (refused.code, refused.type)
    same("code and type", facts, ("object_above_max_properties", "invalid_request_error"))


@check(NOUN, "GET /assistants/{id}", "one")
def retrieve(client):
    made = client.beta.assistants.create(model=MODEL, name="Ada", tools=[WEATHER])
    same("the assistant", client.beta.assistants.retrieve(made.id), made)


@check(NOUN, "GET /assistants/{id}", "unknown: 404")
def retrieve_unknown(client):
    text = f"No assistant found with id '{ABSENT_ID}'."
    raises(openai.NotFoundError, text, client.beta.assistants.retrieve, ABSENT_ID)


@check(NOUN, "POST /assistants/{id}", "only what is sent changes")
def update(client):
    made = new_assistant(client, WEATHER, name="Ada", instructions="Count", metadata={"a": "1"})
    changed = client.beta.assistants.update(made, name="Bo", metadata={"b": "2"}, tools=[])
    facts = (changed.name, changed.instructions, changed.metadata, changed.tools)
    same("the facts", facts, ("Bo", "Count", {"b": "2"}, []))


@check(NOUN, "GET /assistants", "all, two a page, newest first")
def list_them(client):
    made = [new_assistant(client) for _ in range(5)]
    same("newest first", [one.id for one in client.beta.assistants.list(limit=2)], made[::-1])
    oldest = client.beta.assistants.list(limit=2, order="asc")
    same("oldest first", [one.id for one in oldest], made)


@check(NOUN, "GET /assistants", "none")
def list_none(client):
    same("all", list(client.beta.assistants.list()), [])


@check(NOUN, "GET /assistants", "above the limit: 400")
def list_too_many(client):
    text = "Expected a value <= 100, but got 101 instead."
    raises(openai.BadRequestError, text, client.beta.assistants.list, limit=101)


@check(NOUN, "DELETE /assistants/{id}", "each while they are listed")
def delete(client):
    for _ in range(5):
        new_assistant(client)
    remove = has(client.beta.assistants, "delete")
    for one in client.beta.assistants.list(limit=2):
        gone = remove(one.id)
        facts = (gone.id, gone.object, gone.deleted)
        same("the deletion", facts, (one.id, "assistant.deleted", True))
    same("what is left", list(client.beta.assistants.list()), [])


@check(NOUN, "DELETE /assistants/{id}", "twice: 404")
def delete_twice(client):
    made = new_assistant(client)
    client.beta.assistants.delete(made)
    text = f"No assistant found with id '{made}'."
    raises(openai.NotFoundError, text, client.beta.assistants.delete, made)
