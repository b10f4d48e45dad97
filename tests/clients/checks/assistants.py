"""Assistants: made, read, listed, changed, deleted, cloned."""

import story
from checking import assistant_with, check, indexed, raises, same

NOUN = "Assistants"


def facts(assistant):
    """What every version knows of an assistant."""
    tools = [one.function.name for one in assistant.tools or []]
    return assistant.name, assistant.description, tools


async def names(client, **page):
    return [one.name for one in await client.list_assistants(**page)]


@check(NOUN, "POST /assistants", "with a description and tools")
async def create(client):
    made = await client.create_assistant(
        name="Ada", description=story.PROMPT, tools=[story.WEATHER_TOOL]
    )
    same("the assistant", facts(made), ("Ada", story.PROMPT, ["get_current_weather"]))


@check(NOUN, "POST /assistants", "with a system prompt")
async def create_with_a_prompt(client):
    made = await client.create_assistant(name="Ada", system_prompt=story.PROMPT)
    same("the prompt", made.system_prompt, story.PROMPT)


@check(NOUN, "POST /assistants", "with an embedding model")
async def create_with_an_embedding(client):
    made = await client.create_assistant(
        name="Ada",
        embedding_provider="openai",
        embedding_model_name="text-embedding-3-small",
        embedding_dims=1536,
    )
    chosen = made.embedding_provider, made.embedding_model_name, made.embedding_dims
    same("the embedding", chosen, ("openai", "text-embedding-3-small", 1536))


@check(NOUN, "POST /assistants", "with tok_k and memory prompts")
async def create_with_settings(client):
    wanted = {
        "tok_k": 7,
        "custom_fact_extraction_prompt": "Extract only preferences.",
        "custom_update_memory_prompt": "Keep the newest.",
    }
    made = await client.create_assistant(name="Ada", **wanted)
    same("the settings", {name: getattr(made, name) for name in wanted}, wanted)


@check(NOUN, "GET /assistants", "all, and a page of them")
async def list_them(client):
    for name in ("Ada", "Bo", "Cy"):
        await client.create_assistant(name=name)
    same("all", await names(client), ["Ada", "Bo", "Cy"])
    same("the second", await names(client, skip=1, limit=1), ["Bo"])


@check(NOUN, "GET /assistants", "by name")
async def list_by_name(client):
    for name in ("Ada", "ada", "Adam"):
        await client.create_assistant(name=name)
    same("those of the name", await names(client, name="Ada"), ["Ada"])


@check(NOUN, "GET /assistants/{id}", "one")
async def get(client):
    made = await client.create_assistant(name="Ada", tools=[story.WEATHER_TOOL])
    got = await client.get_assistant(made.assistant_id)
    same("the assistant", facts(got), ("Ada", None, ["get_current_weather"]))


@check(NOUN, "GET /assistants/{id}", "unknown: 404")
async def get_unknown(client):
    await raises(404, "BackboardNotFoundError", client.get_assistant(story.NOWHERE))


@check(NOUN, "PUT /assistants/{id}", "name, description and tools")
async def update(client):
    made = await assistant_with(client, story.WEATHER_TOOL)
    await client.update_assistant(made, name="Bo", description=story.PROMPT, tools=[])
    same("the assistant", facts(await client.get_assistant(made)), ("Bo", story.PROMPT, []))


@check(NOUN, "PUT /assistants/{id}", "only what is given")
async def update_one_thing(client):
    made = await assistant_with(client, story.WEATHER_TOOL)
    changed = await client.update_assistant(made, name="Bo")
    same("the assistant", facts(changed), ("Bo", None, ["get_current_weather"]))


@check(NOUN, "DELETE /assistants/{id}", "with its threads")
async def delete(client):
    made = await assistant_with(client)
    thread = await client.create_thread(made)
    deleted = await client.delete_assistant(made)
    same("the id", deleted["assistant_id"], str(made))
    await raises(404, "BackboardNotFoundError", client.get_assistant(made))
    await raises(404, "BackboardNotFoundError", client.get_thread(thread.thread_id))


@check(NOUN, "POST /assistants/{id}/clone", "with documents and memories")
async def clone(client):
    made = await assistant_with(client, story.WEATHER_TOOL)
    await client.add_memory(made, "Ada likes tea.")
    await indexed(client, await client.upload_document_to_assistant(made, story.ATTACHMENT))
    copied = await client.clone_assistant(made)
    same("the clone", facts(copied.assistant), ("Ada Copy", None, ["get_current_weather"]))
    same("counts", (copied.documents_cloned, copied.memories_cloned), (1, 1))
    copied_memories = await client.get_memories(copied.assistant.assistant_id)
    same("its memories", [one.content for one in copied_memories.memories], ["Ada likes tea."])
    files = await client.list_assistant_documents(copied.assistant.assistant_id)
    same("its documents", [one.filename for one in files], ["lighthouse.txt"])


@check(NOUN, "POST /assistants/{id}/clone", "with a name and a prompt, without the rest")
async def clone_bare(client):
    made = await assistant_with(client)
    await client.add_memory(made, "Ada likes tea.")
    copied = await client.clone_assistant(
        made, name="Bo", system_prompt="Be brief", copy_documents=False, copy_memories=False
    )
    same("the clone", (copied.assistant.name, copied.assistant.system_prompt), ("Bo", "Be brief"))
    same("counts", (copied.documents_cloned, copied.memories_cloned), (0, 0))
    copied_memories = await client.get_memories(copied.assistant.assistant_id)
    same("its memories", copied_memories.memories, [])
