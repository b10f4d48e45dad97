"""Memories: kept by hand, read, searched, changed, forgotten; the operations that learn them."""

import story
from checking import (
    assistant_with,
    check,
    completed,
    field_of,
    holds,
    new_thread,
    raises,
    same,
    until,
)
from checks.messages import FACT

NOUN = "Memories"
ALL = "/assistants/{id}/memories"
ONE = f"{ALL}/{{id}}"
TEA, COFFEE, BOAT = "Ada likes tea.", "Bo drinks coffee.", "Cy owns a red boat."


async def keeping(client, *contents):
    """An assistant that keeps these, and their ids."""
    made = await assistant_with(client)
    added = [await client.add_memory(made, content) for content in contents]
    return made, [one["memory_id"] for one in added]


async def contents(client, assistant_id, **page):
    return [one.content for one in (await client.get_memories(assistant_id, **page)).memories]


@check(NOUN, f"POST {ALL}", "with metadata")
async def add(client):
    made = await assistant_with(client)
    given = {"type": "taste", "rank": 3}
    added = await client.add_memory(made, TEA, metadata=given)
    same("what is told", (added["success"], added["content"]), (True, TEA))
    got = await client.get_memory(made, added["memory_id"])
    same("what is kept", (got.id, got.content, got.metadata), (added["memory_id"], TEA, given))


@check(NOUN, f"GET {ALL}", "all")
async def list_them(client):
    made, ids = await keeping(client, TEA, COFFEE, BOAT)
    listed = await client.get_memories(made)
    same("ids", [one.id for one in listed.memories], ids)
    same("contents", [one.content for one in listed.memories], [TEA, COFFEE, BOAT])
    same("total_count", listed.total_count, 3)


@check(NOUN, f"GET {ALL}", "a page")
async def list_a_page(client):
    made, _ = await keeping(client, TEA, COFFEE, BOAT)
    listed = await client.get_memories(made, page=2, page_size=2)
    same("contents", [one.content for one in listed.memories], [BOAT])
    counts = listed.total_count, listed.page, listed.page_size, listed.total_pages
    same("counts", counts, (3, 2, 2, 2))


@check(NOUN, f"GET {ONE}", "one")
async def get(client):
    made, ids = await keeping(client, TEA, COFFEE)
    same("content", (await client.get_memory(made, ids[1])).content, COFFEE)


@check(NOUN, f"GET {ONE}", "unknown: 404")
async def get_unknown(client):
    made, _ = await keeping(client)
    await raises(404, "BackboardNotFoundError", client.get_memory(made, story.NOWHERE))


@check(NOUN, f"PUT {ONE}", "content and metadata")
async def update(client):
    made, (memory_id,) = await keeping(client, TEA)
    changed = await client.update_memory(made, memory_id, COFFEE, metadata={"type": "taste"})
    facts = changed.id, changed.content, changed.metadata
    same("what is told", facts, (memory_id, COFFEE, {"type": "taste"}))
    same("what is kept", await contents(client, made), [COFFEE])


@check(NOUN, f"DELETE {ONE}", "once")
async def delete(client):
    made, ids = await keeping(client, TEA, COFFEE)
    same("success", (await client.delete_memory(made, ids[0]))["success"], True)
    same("what is left", await contents(client, made), [COFFEE])
    await raises(404, "BackboardNotFoundError", client.delete_memory(made, ids[0]))


@check(NOUN, f"GET {ALL}/stats", "how many")
async def stats(client):
    made, _ = await keeping(client, TEA, COFFEE)
    got = await client.get_memory_stats(made)
    same("total_memories", getattr(got, "total_memories", got), 2)
    holds("it says when one was last changed", got.last_updated)


@check(NOUN, f"POST {ALL}/search", "the best first")
async def search(client):
    made, ids = await keeping(client, TEA, COFFEE, BOAT)
    results = (await client.search_memories(made, "red boat", limit=2))["memories"]
    holds("something is found, no more than asked for", 0 < len(results) <= 2)
    same("the best", (results[0]["id"], results[0]["content"]), (ids[2], BOAT))
    scores = [one["score"] for one in results]
    same("the order of the scores", scores, sorted(scores, reverse=True))


@check(NOUN, f"GET {ALL}/insights", "its four parts")
async def insights(client):
    made, _ = await keeping(client, TEA)
    wanted = {"snapshot", "contentSignals", "breakdown", "operations"}
    same("the parts missing", wanted - (await client.get_memory_insights(made)).keys(), set())


@check(NOUN, f"DELETE {ALL}", "all of one assistant")
async def reset(client):
    made, _ = await keeping(client, TEA, COFFEE)
    other, _ = await keeping(client, BOAT)
    same("success", (await client.reset_memories(made))["success"], True)
    same("what is left", await contents(client, made), [])
    same("the other's", await contents(client, other), [BOAT])


@check(NOUN, "GET /assistants/memories/operations/{id}", "unknown: 404")
async def unknown_operation(client):
    attempt = client.get_memory_operation_status(story.NOWHERE)
    await raises(404, "BackboardNotFoundError", attempt)


@check(NOUN, "GET /assistants/memories/operations/{id}", "of a message")
async def operation(client):
    status_of = client.get_memory_operation_status
    thread_id = await new_thread(client)
    reply = completed(await client.add_message(thread_id, content=FACT, memory="Auto"))
    operation_id = field_of(reply, "memory_operation_id")
    holds("the reply names an operation", operation_id)
    status = await until(lambda it: it.status != "IN_PROGRESS", lambda: status_of(operation_id))
    same("status", status.status, "COMPLETED")
    events = [(one["event"], "Bergen" in one["memory"]) for one in status.memory_ids]
    holds("it added what was said", ("ADD", True) in events)
    same("result_count", status.result_count, len(events))
