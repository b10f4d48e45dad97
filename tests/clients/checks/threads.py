"""Threads: opened, read, listed, deleted."""

import story
from checking import assistant_with, check, field_of, messages_of, new_thread, raises, same

NOUN = "Threads"


@check(NOUN, "POST /assistants/{id}/threads", "an empty one")
async def create(client):
    thread = await client.create_thread(await assistant_with(client))
    same("its messages", thread.messages, [])


@check(NOUN, "POST /assistants/{id}/threads", "of an unknown assistant: 404")
async def create_for_nobody(client):
    await raises(404, "BackboardNotFoundError", client.create_thread(story.NOWHERE))


@check(NOUN, "GET /threads", "all, and a page of them")
async def list_them(client):
    made = [await new_thread(client) for _ in range(3)]
    same("all", [one.thread_id for one in await client.list_threads()], made)
    paged = await client.list_threads(skip=1, limit=1)
    same("the second", [one.thread_id for one in paged], made[1:2])


@check(NOUN, "GET /assistants/{id}/threads", "those of one assistant")
async def list_for_assistant(client):
    ada = await assistant_with(client)
    made = [(await client.create_thread(ada)).thread_id for _ in range(2)]
    await new_thread(client)
    same("all", [one.thread_id for one in await client.list_threads_for_assistant(ada)], made)
    paged = await client.list_threads_for_assistant(ada, skip=1, limit=1)
    same("the second", [one.thread_id for one in paged], made[1:])


@check(NOUN, "GET /threads/{id}", "with its messages")
async def get(client):
    thread = await new_thread(client)
    reply = await client.add_message(thread, content=story.GREETING)
    answer = ("assistant", field_of(reply, "content"), "COMPLETED")
    question = ("user", story.GREETING, "COMPLETED")
    same("the messages", await messages_of(client, thread), [question, answer])


@check(NOUN, "GET /threads/{id}", "unknown: 404")
async def get_unknown(client):
    await raises(404, "BackboardNotFoundError", client.get_thread(story.NOWHERE))


@check(NOUN, "DELETE /threads/{id}", "once")
async def delete(client):
    thread = await new_thread(client)
    same("the id", (await client.delete_thread(thread))["thread_id"], str(thread))
    await raises(404, "BackboardNotFoundError", client.get_thread(thread))
    same("what is left", await client.list_threads(), [])
